/** Milliseconds between polls that succeed. */
export const INTERVAL = 10_000;
const LONGEST = 60_000;

/**
 * How long to wait after so many failures in a row: doubled each time, and spread by a
 * quarter either way, so that pages which lost a server together don't return together.
 */
export function delay(failures: number, random: () => number = Math.random): number {
  if (failures <= 0) return INTERVAL;
  const wait = Math.min(INTERVAL * 2 ** Math.min(failures - 1, 10), LONGEST);
  return Math.round(wait * (0.75 + random() / 2));
}
