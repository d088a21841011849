/** A stretch of media time in seconds. */
export interface Span {
  start: number;
  end: number;
}

/** Seconds. A shorter clip may have an empty playlist. */
export const SHORTEST_CLIP = 1;
const FIRST_LENGTH = 30;

export function clamp(value: number, span: Span): number {
  return Math.min(Math.max(value, span.start), span.end);
}

/** What is proposed when a viewer begins to make a clip: what they have just seen. */
export function proposeClip(now: number, within: Span): Span {
  const end = clamp(Math.max(now, within.start + FIRST_LENGTH), within);
  return { start: clamp(end - FIRST_LENGTH, within), end };
}

/** Sets the clip's start; an end before it is pushed along. */
export function withStart(clip: Span, time: number, within: Span): Span {
  const start = clamp(time, { start: within.start, end: within.end - SHORTEST_CLIP });
  const end = clip.end >= start + SHORTEST_CLIP ? clip.end : start + Math.max(clip.end - clip.start, SHORTEST_CLIP);
  return { start, end: clamp(end, within) };
}

/** Sets the clip's end; a start after it is pushed along. */
export function withEnd(clip: Span, time: number, within: Span): Span {
  const end = clamp(time, { start: within.start + SHORTEST_CLIP, end: within.end });
  const start = clip.start <= end - SHORTEST_CLIP ? clip.start : end - Math.max(clip.end - clip.start, SHORTEST_CLIP);
  return { start: clamp(start, within), end };
}
