/** Values as CMCD writes them: numbers are rounded, a Word is a token without quotes. */
export type Value = number | string | Word | undefined;

export class Word {
  constructor(readonly text: string) {}
}

/** One report of CTA-5004-B: key=value pairs in the order of keys; what is not known is left out. */
export function encode(keys: Record<string, Value>): string {
  const pairs: string[] = [];
  for (const key of Object.keys(keys).sort()) {
    const text = encodeValue(keys[key]);
    if (text !== '') pairs.push(`${key}=${text}`);
  }
  return pairs.join(',');
}

function encodeValue(value: Value): string {
  if (value instanceof Word) return value.text;
  if (typeof value === 'number') return Number.isFinite(value) ? String(Math.round(value)) : '';
  return value ? `"${value.replace(/["\\]/g, '\\$&')}"` : '';
}

/** A random session ID; randomUUID is for secure contexts only. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}
