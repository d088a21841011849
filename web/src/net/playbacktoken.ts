/** Why the server does not let somebody watch: its header X-Playback-Refusal. */
export type Refusal = 'place' | 'missing' | 'signature' | 'expired' | 'early' | 'stream' | 'address' | 'country' | 'referrer' | 'screens';

const REFUSALS: readonly string[] = ['missing', 'signature', 'expired', 'early', 'stream', 'address', 'country', 'referrer', 'screens'];
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const LONGEST = 2048;
const PASS = /^\/t\/[\w.-]+(?=\/live\/)/;

export function isToken(text: unknown): text is string {
  return typeof text === 'string' && text.length <= LONGEST && TOKEN.test(text);
}

/** The token in an address's query or fragment, and the address without it, from the path on. */
export function takeToken(href: string): { token: string | null; address: string } {
  const url = new URL(href);
  const fragment = new URLSearchParams(url.hash.slice(1));
  const token = fragment.get('token') ?? url.searchParams.get('token');
  const search = without(url.search.slice(1));
  const hash = without(url.hash.slice(1));
  const address = url.pathname + (search && `?${search}`) + (hash && `#${hash}`);
  return { token: isToken(token) ? token : null, address };
}

function without(query: string): string {
  return query
    .split('&')
    .filter((pair) => pair !== 'token' && !pair.startsWith('token='))
    .join('&');
}

/** What stands before /live/ in an address that was signed: "/t/TOKEN", or "". */
export function passOf(href: string): string {
  return PASS.exec(new URL(href, 'http://host').pathname)?.[0] ?? '';
}

/** The token in the pass of an address that was signed, or "". */
export function ticketOf(href: string): string {
  return passOf(href).slice('/t/'.length);
}

/**
 * The same address with another pass. What carries none gets it only on the page's own
 * host: others are not told.
 */
export function withPass(href: string, pass: string, host: string): string {
  if (!pass) return href;
  const old = passOf(href);
  if (old) return old === pass ? href : href.replace(old, pass);
  const own = href.startsWith(`${host}/`) ? host : '';
  return href.startsWith(`${own}/live/`) ? own + pass + href.slice(own.length) : href;
}

/** When a pass expires, in Unix milliseconds; 0 if it does not tell. The server decides, this is for asking in time. */
export function expiryOf(pass: string): number {
  try {
    const payload = (pass.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/');
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown };
    return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : 0;
  } catch {
    return 0;
  }
}

/** What an answer says about why it refuses; null if it is no refusal. */
export function refusalOf(status: number, header: string | null): Refusal | null {
  if (status !== 401 && status !== 403) return null;
  if (header !== null && REFUSALS.includes(header)) return header as Refusal;
  // A 403 without a reason is not about the ticket: this server may be reached by its CDN only.
  return status === 401 ? 'signature' : 'place';
}

export const REFUSAL_HEADER = 'X-Playback-Refusal';
