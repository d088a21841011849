import { setTokenPath } from './links';
import { expiryOf, isToken, tokenPathOf, REFUSAL_HEADER, refusalOf, splitToken, withTokenPath, type Refusal } from './playbacktoken';

const TIMEOUT = 8000;
/** Milliseconds before the expiry at which the embedding page is asked for a new token. */
const RENEW_BEFORE = 60_000;
/** The server frees an unused screen after 30 s. */
const SCREENS_RETRY = 10_000;
const RETRY_DELAY = 2000;
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * The playback token of the page. It comes in the page's address, from which it is removed
 * at once, or from the embedding page. It is exchanged for a token of this player, which
 * becomes the path prefix of every media URL and survives a reload in sessionStorage.
 * Dispatches "refused" and "accepted".
 */
export class PlaybackAuth extends EventTarget {
  /** Why playback is refused; null if it is not. */
  refusal: Refusal | null = null;
  /** The token path is known. */
  settled: boolean;

  private token: string | null;
  private tokenPath: string;
  private expiryTimer = 0;
  private retryTimer = 0;

  constructor(
    private readonly stream: string,
    /** Path of a playlist that the token is for, without a token path. */
    private readonly playlist: () => string,
  ) {
    super();
    this.tokenPath = this.storedTokenPath();
    this.token = this.removeTokenFromAddress();
    this.applyTokenPath(this.tokenPath);
    this.settled = this.token === null;
    void this.exchange();
    window.addEventListener('message', ({ source, data }) => {
      if (source === window.parent && source !== window && data?.type === 'lightstick:token') this.renew(data.token);
    });
  }

  /** Takes a token from an address that has changed within the page; false if it holds none. */
  takeTokenFromAddress(): boolean {
    const token = this.removeTokenFromAddress();
    this.renew(token);
    return token !== null;
  }

  /** Replaces the token. The player keeps its screen. */
  renew(token: unknown): void {
    if (!isToken(token)) return;
    this.token = token;
    void this.exchange();
  }

  /** Exchanges the token again. */
  retry(): void {
    clearTimeout(this.retryTimer);
    if (this.token !== null) void this.exchange();
    else this.setAccepted();
  }

  /** Reports whether a response refuses access. */
  noteAnswer(status: number, header: string | null): boolean {
    const refusal = refusalOf(status, header);
    if (refusal) this.setRefused(refusal);
    return refusal !== null;
  }

  /** Requests a URL that does not play, for native players, which don't report why. */
  async checkURL(url: string): Promise<void> {
    const response = await this.head(url).catch(() => null);
    if (response) this.noteAnswer(response.status, response.headers.get(REFUSAL_HEADER));
  }

  /** The URL with the current token path. */
  withCurrentToken(url: string): string {
    return withTokenPath(url, this.tokenPath, location.origin);
  }

  private removeTokenFromAddress(): string | null {
    const { token, address } = splitToken(location.href);
    if (address !== location.pathname + location.search + location.hash) history.replaceState(history.state, '', address);
    return token;
  }

  private async exchange(): Promise<void> {
    const { token } = this;
    if (token === null) return;
    clearTimeout(this.retryTimer);
    try {
      const bare = this.playlist();
      const response = await this.head(`${this.tokenPath}${bare}${bare.includes('?') ? '&' : '?'}token=${token}`);
      if (token !== this.token) return; // a newer one is on its way
      if (this.noteAnswer(response.status, response.headers.get(REFUSAL_HEADER))) {
        this.settled = true;
        return;
      }
      // Without a redirect either nothing needs a token here, or nothing is there to redirect to.
      const given = response.redirected ? tokenPathOf(response.url) : '';
      this.applyTokenPath(given || (response.ok ? '' : `/t/${token}`));
      this.settled = true;
      this.setAccepted();
    } catch {
      this.retryTimer = window.setTimeout(() => void this.exchange(), RETRY_DELAY);
    }
  }

  private head(url: string): Promise<Response> {
    return fetch(url, { method: 'HEAD', cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT) });
  }

  private applyTokenPath(pass: string): void {
    this.tokenPath = pass;
    setTokenPath(pass);
    this.storeTokenPath();
    clearTimeout(this.expiryTimer);
    const expires = expiryOf(pass);
    if (expires === 0 || window.parent === window) return;
    const ask = () => window.parent.postMessage({ type: 'lightstick:token-expires', stream: this.stream, expires }, '*');
    this.expiryTimer = window.setTimeout(ask, Math.min(Math.max(expires - RENEW_BEFORE - Date.now(), 0), LONGEST_TIMER));
  }

  private setAccepted(): void {
    const refused = this.refusal !== null;
    this.refusal = null;
    if (refused) this.dispatchEvent(new Event('accepted'));
  }

  private setRefused(refusal: Refusal): void {
    if (this.refusal === refusal) return;
    this.refusal = refusal;
    this.dispatchEvent(new Event('refused'));
    if (window.parent !== window) window.parent.postMessage({ type: 'lightstick:token-refused', stream: this.stream, refusal }, '*');
    clearTimeout(this.retryTimer);
    if (refusal === 'screens') this.retryTimer = window.setTimeout(() => this.retry(), SCREENS_RETRY);
  }

  /** Stores it for this tab, so that a reload continues on the same screen. */
  private storeTokenPath(): void {
    try {
      if (this.tokenPath) sessionStorage.setItem(this.key, this.tokenPath);
      else sessionStorage.removeItem(this.key);
    } catch {
      // Without storage a reload needs the link again.
    }
  }

  private storedTokenPath(): string {
    try {
      return tokenPathOf(`${sessionStorage.getItem(this.key) ?? ''}/live/`);
    } catch {
      return '';
    }
  }

  private get key(): string {
    return `lightstick.pass.${this.stream}`;
  }
}
