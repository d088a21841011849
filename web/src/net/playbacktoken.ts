/** Values of the header X-Playback-Refusal: why the server refuses playback. */
export type Refusal = 'place' | 'missing' | 'signature' | 'expired' | 'early' | 'stream' | 'address' | 'country' | 'referrer' | 'screens';

const REFUSALS: readonly string[] = ['missing', 'signature', 'expired', 'early', 'stream', 'address', 'country', 'referrer', 'screens'];
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const LONGEST = 2048;
const TOKEN_PATH = /^\/t\/[\w.-]+(?=\/live\/)/;

export function isToken(text: unknown): text is string {
  return typeof text === 'string' && text.length <= LONGEST && TOKEN.test(text);
}

/** The token in an address's query or fragment, and the address without it, from the path on. */
export function splitToken(href: string): { token: string | null; address: string } {
  const url = new URL(href);
  const fragment = new URLSearchParams(url.hash.slice(1));
  const token = fragment.get('token') ?? url.searchParams.get('token');
  const search = withoutToken(url.search.slice(1));
  const hash = withoutToken(url.hash.slice(1));
  const address = url.pathname + (search && `?${search}`) + (hash && `#${hash}`);
  return { token: isToken(token) ? token : null, address };
}

function withoutToken(query: string): string {
  return query
    .split('&')
    .filter((pair) => pair !== 'token' && !pair.startsWith('token='))
    .join('&');
}

/** The path prefix of a URL with a token: "/t/TOKEN", or "". */
export function tokenPathOf(href: string): string {
  return TOKEN_PATH.exec(new URL(href, 'http://host').pathname)?.[0] ?? '';
}

/** The token in the path of a URL, or "". */
export function tokenOf(href: string): string {
  return tokenPathOf(href).slice('/t/'.length);
}

/**
 * The URL with another token path. A URL without one gets it only on the page's own host,
 * so that other hosts never learn the token.
 */
export function withTokenPath(href: string, pass: string, host: string): string {
  if (!pass) return href;
  const old = tokenPathOf(href);
  if (old) return old === pass ? href : href.replace(old, pass);
  const own = href.startsWith(`${host}/`) ? host : '';
  return href.startsWith(`${own}/live/`) ? own + pass + href.slice(own.length) : href;
}

/** The expiry of a token path in Unix milliseconds; 0 if it has none. Only for renewing in time: the server decides. */
export function expiryOf(pass: string): number {
  try {
    const payload = (pass.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/');
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown };
    return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : 0;
  } catch {
    return 0;
  }
}

/** The reason of a refusal; null if the response is none. */
export function refusalOf(status: number, header: string | null): Refusal | null {
  if (status !== 401 && status !== 403) return null;
  if (header !== null && REFUSALS.includes(header)) return header as Refusal;
  // A 403 without a reason is not about the ticket: this server may be reached by its CDN only.
  return status === 401 ? 'signature' : 'place';
}

export const REFUSAL_HEADER = 'X-Playback-Refusal';
