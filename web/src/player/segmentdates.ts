/** A segment's media time and program date time. */
export interface DatedSegment {
  /** Seconds of media time. */
  start: number;
  duration: number;
  /** Unix milliseconds; null where the playlist does not tell. */
  programDateTime: number | null;
}

/**
 * The media time of a program date time. A recording has pauses, so the nearest
 * segment before decides; a moment within a pause is the end of what came before.
 * Null when nothing is dated.
 */
export function timeAt(segments: readonly DatedSegment[], date: number): number | null {
  const segment = findLastInPrefix(segments, (s) => (s.programDateTime ?? Infinity) <= date) ?? segments[0];
  if (!segment || segment.programDateTime === null) return null;
  const within = (date - segment.programDateTime) / 1000;
  return segment.start + Math.min(Math.max(within, 0), segment.duration);
}

/** The program date time that a media time shows, in Unix milliseconds. */
export function dateAt(segments: readonly DatedSegment[], time: number): number | null {
  const segment = findLastInPrefix(segments, (s) => s.start <= time) ?? segments[0];
  if (!segment || segment.programDateTime === null) return null;
  return Math.round(segment.programDateTime + (time - segment.start) * 1000);
}

/** The last item for which the condition holds, given that it holds for all before it. */
export function findLastInPrefix<T>(items: readonly T[], holds: (item: T) => boolean): T | undefined {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(items[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return items[low - 1];
}
