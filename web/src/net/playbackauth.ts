import { setPass } from './links';
import { expiryOf, isToken, passOf, REFUSAL_HEADER, refusalOf, takeToken, withPass, type Refusal } from './playbacktoken';

const TIMEOUT = 8000;
/** How long before its end an embedding page is asked for a new token. */
const ASK_AHEAD = 60_000;
/** A screen that nobody watches is free after 30 s. */
const SCREENS_RETRY = 10_000;
const TRY_AGAIN = 2000;
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * The viewer's leave to watch. The token comes with the page's address, from which it
 * disappears at once, or from the page that embeds this one. It is exchanged for one of
 * this player's own, which goes in front of every media address, and which a reload finds
 * again. Dispatches "refused" and "accepted".
 */
export class Ticket extends EventTarget {
  /** Why not; null while nothing speaks against it. */
  refusal: Refusal | null = null;
  /** It is known what to put in front of addresses. */
  settled: boolean;

  private token: string | null;
  private pass: string;
  private expiry = 0;
  private again = 0;

  constructor(
    private readonly stream: string,
    /** A playlist that the token is for, without pass. */
    private readonly playlist: () => string,
  ) {
    super();
    this.pass = this.recall();
    this.token = this.take();
    this.use(this.pass);
    this.settled = this.token === null;
    void this.exchange();
    window.addEventListener('message', ({ source, data }) => {
      if (source === window.parent && source !== window && data?.type === 'lightstick:token') this.renew(data.token);
    });
  }

  /** The address has changed within the page: perhaps to give it another token. */
  arrived(): boolean {
    const token = this.take();
    this.renew(token);
    return token !== null;
  }

  /** Takes another token. A player keeps its screen with it. */
  renew(token: unknown): void {
    if (!isToken(token)) return;
    this.token = token;
    void this.exchange();
  }

  /** Another try, because something may have changed. */
  retry(): void {
    clearTimeout(this.again);
    if (this.token !== null) void this.exchange();
    else this.accept();
  }

  /** Looks whether an answer is a refusal. */
  note(status: number, header: string | null): boolean {
    const refusal = refusalOf(status, header);
    if (refusal) this.refuse(refusal);
    return refusal !== null;
  }

  /** Asks why an address does not play, for players that don't tell. */
  async check(url: string): Promise<void> {
    const response = await this.head(url).catch(() => null);
    if (response) this.note(response.status, response.headers.get(REFUSAL_HEADER));
  }

  /** An address with today's pass. */
  fresh(url: string): string {
    return withPass(url, this.pass, location.origin);
  }

  private take(): string | null {
    const { token, address } = takeToken(location.href);
    if (address !== location.pathname + location.search + location.hash) history.replaceState(history.state, '', address);
    return token;
  }

  private async exchange(): Promise<void> {
    const { token } = this;
    if (token === null) return;
    clearTimeout(this.again);
    try {
      const bare = this.playlist();
      const response = await this.head(`${this.pass}${bare}${bare.includes('?') ? '&' : '?'}token=${token}`);
      if (token !== this.token) return; // a newer one is on its way
      if (this.note(response.status, response.headers.get(REFUSAL_HEADER))) {
        this.settled = true;
        return;
      }
      // Without a redirect either nothing needs a token here, or nothing is there to redirect to.
      const given = response.redirected ? passOf(response.url) : '';
      this.use(given || (response.ok ? '' : `/t/${token}`));
      this.settled = true;
      this.accept();
    } catch {
      this.again = window.setTimeout(() => void this.exchange(), TRY_AGAIN);
    }
  }

  private head(url: string): Promise<Response> {
    return fetch(url, { method: 'HEAD', cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT) });
  }

  private use(pass: string): void {
    this.pass = pass;
    setPass(pass);
    this.remember();
    clearTimeout(this.expiry);
    const expires = expiryOf(pass);
    if (expires === 0 || window.parent === window) return;
    const ask = () => window.parent.postMessage({ type: 'lightstick:token-expires', stream: this.stream, expires }, '*');
    this.expiry = window.setTimeout(ask, Math.min(Math.max(expires - ASK_AHEAD - Date.now(), 0), LONGEST_TIMER));
  }

  private accept(): void {
    const refused = this.refusal !== null;
    this.refusal = null;
    if (refused) this.dispatchEvent(new Event('accepted'));
  }

  private refuse(refusal: Refusal): void {
    if (this.refusal === refusal) return;
    this.refusal = refusal;
    this.dispatchEvent(new Event('refused'));
    if (window.parent !== window) window.parent.postMessage({ type: 'lightstick:token-refused', stream: this.stream, refusal }, '*');
    clearTimeout(this.again);
    if (refusal === 'screens') this.again = window.setTimeout(() => this.retry(), SCREENS_RETRY);
  }

  /** Only this tab knows it: a reload goes on on the same screen. */
  private remember(): void {
    try {
      if (this.pass) sessionStorage.setItem(this.key, this.pass);
      else sessionStorage.removeItem(this.key);
    } catch {
      // Without storage a reload needs the link again.
    }
  }

  private recall(): string {
    try {
      return passOf(`${sessionStorage.getItem(this.key) ?? ''}/live/`);
    } catch {
      return '';
    }
  }

  private get key(): string {
    return `lightstick.pass.${this.stream}`;
  }
}
