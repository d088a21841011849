const EARLIEST = 0;
const LATEST = Date.UTC(2200, 0);
const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;

/**
 * Reads a program date time from a link: ISO 8601 with its zone, or seconds since
 * 1970, as the server takes them. Null for everything else: links come from anybody.
 */
export function parseProgramDateTime(text: string | null): number | null {
  // A "+" in a query stands for a space; in a zone it was meant as itself.
  const plain = (text ?? '').trim().replace(/ (?=\d{2}:?\d{2}$)/, '+');
  if (plain.length > 40) return null;
  if (/^\d{1,10}$/.test(plain)) return Number(plain) * 1000;
  if (!ISO.test(plain)) return null;
  const ms = Date.parse(plain);
  return ms >= EARLIEST && ms < LATEST ? ms : null;
}

/** "2026-11-23T20:15:00.000Z": how links spell a program date time in milliseconds. */
export function formatProgramDateTime(ms: number): string {
  return new Date(ms).toISOString();
}
