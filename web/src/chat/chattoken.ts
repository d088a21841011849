/** RS256 and a few claims fit; what is longer is no token. */
const LONGEST = 4096;
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

export function isChatToken(text: unknown): text is string {
  return typeof text === 'string' && text.length <= LONGEST && TOKEN.test(text);
}

/** The token in an address's fragment, #chat=TOKEN, and the address without it, from the path on. */
export function splitChatToken(href: string): { token: string | null; address: string } {
  const url = new URL(href);
  const pairs = url.hash.slice(1).split('&');
  const mine = pairs.find((pair) => pair.startsWith('chat='));
  const hash = pairs.filter((pair) => !pair.startsWith('chat=')).join('&');
  const token = mine?.slice('chat='.length);
  return { token: isChatToken(token) ? token : null, address: url.pathname + url.search + (hash && `#${hash}`) };
}
