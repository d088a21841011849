/** A message's text, cut into what is drawn differently. */
export type TextPiece =
  | { kind: 'text'; text: string }
  | { kind: 'link'; href: string; host: string; path: string }
  | { kind: 'mention'; text: string; own: boolean }
  | { kind: 'emote'; name: string };

export interface TextContext {
  /** Name of this viewer; "" without one. */
  me: string;
  /** Names that are known to be mentioned; they may hold spaces. */
  names: readonly string[];
  isEmote: (name: string) => boolean;
}

const LONGEST_PATH = 28;
/** Where something may begin that is not plain text. A name in running text ends where letters do. */
const SPECIAL = /https?:\/\/[^\s<>"'`\u2066-\u2069]+|:[\w-]{1,32}:|@[\p{L}\p{N}\p{M}_.-]{1,32}/giu;
const TRAILING = /[.,!?;:'"…。、，！？]+$/u;

export function splitText(text: string, reader: TextContext): TextPiece[] {
  const pieces: TextPiece[] = [];
  let from = 0;
  const add = (start: number, end: number, piece: TextPiece) => {
    if (start > from) pieces.push({ kind: 'text', text: text.slice(from, start) });
    pieces.push(piece);
    from = end;
  };
  for (const match of text.matchAll(SPECIAL)) {
    const start = match.index;
    if (start < from) continue;
    const [word] = match;
    if (word.startsWith('@')) {
      if (start > 0 && /[\p{L}\p{N}]/u.test(text[start - 1] as string)) continue; // an e-mail address
      const name = longestName(text.slice(start + 1), reader) ?? word.slice(1).replace(/[.-]+$/, '');
      if (name === '') continue;
      add(start, start + 1 + name.length, { kind: 'mention', text: `@${name}`, own: equalNames(name, reader.me) });
    } else if (word.startsWith(':')) {
      const name = word.slice(1, -1);
      if (reader.isEmote(name)) add(start, start + word.length, { kind: 'emote', name });
    } else {
      const address = withoutTrailingPunctuation(word);
      const link = linkTo(address);
      if (link) add(start, start + address.length, link);
    }
  }
  if (from < text.length) pieces.push({ kind: 'text', text: text.slice(from) });
  return pieces;
}

/**
 * Only http and https, and no user before the host, which would pass for the host. The
 * host is shown as it is asked for: in ASCII, so that letters which look alike show.
 */
function linkTo(address: string): TextPiece | null {
  const url = parse(address);
  if (!url) return null;
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.username || url.password || !url.hostname.includes('.')) return null;
  const rest = url.pathname + url.search + url.hash;
  const path = rest === '/' ? '' : rest.length > LONGEST_PATH ? `${rest.slice(0, LONGEST_PATH - 1)}…` : rest;
  return { kind: 'link', href: url.href, host: url.host, path };
}

function parse(address: string): URL | null {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}

/** Without the punctuation that ends a sentence, and without a bracket that began before it. */
function withoutTrailingPunctuation(address: string): string {
  for (;;) {
    const next = address.replace(TRAILING, '').replace(/[)\]}]$/, (end) => (balanced(address, end) ? end : ''));
    if (next === address) return address;
    address = next;
  }
}

function balanced(text: string, close: string): boolean {
  const open = { ')': '(', ']': '[', '}': '{' }[close] as string;
  return text.split(open).length >= text.split(close).length;
}

function longestName(rest: string, { me, names }: TextContext): string | null {
  let longest = '';
  for (const name of [...names, me]) {
    const begins = rest.slice(0, name.length);
    const after = rest.slice(name.length, name.length + 1);
    if (name.length > longest.length && equalNames(begins, name) && !/[\p{L}\p{N}]/u.test(after)) longest = begins;
  }
  return longest || null;
}

export function equalNames(a: string, b: string): boolean {
  return a !== '' && a.normalize('NFKC').toLowerCase() === b.normalize('NFKC').toLowerCase();
}

const MAX_LARGE_EMOJI = 3;

/** One to three emoji and nothing else, which are drawn large. */
export function isFewEmoji(text: string): boolean {
  const bare = text.replace(/\s/gu, '');
  if (bare === '' || bare.length > 60) return false;
  if (!/^(?:\p{Extended_Pictographic}|\p{Emoji_Component})+$/u.test(bare) || /[\d#*]/.test(bare)) return false;
  if (!/[\p{Extended_Pictographic}\p{Regional_Indicator}]/u.test(bare)) return false;
  return [...new Intl.Segmenter().segment(bare)].length <= MAX_LARGE_EMOJI;
}
