import type { Timeline } from './timeline.js';

/** What is known of the picture that the chat keeps step with. */
export interface Picture {
  /** Program date time of what is on the screen, in Unix milliseconds; null while nothing is. */
  date: number | null;
  /** A picture is on its way: the beginning, a seek, a stall. */
  coming: boolean;
}

/**
 * Takes the timeline to where the picture is. While a picture is coming, however long
 * that takes, nothing more is shown: its date may be anywhere, and messages of later
 * dates would tell what it is about to show.
 */
export function keepStep(timeline: Timeline, { date, coming }: Picture, inStep: boolean): void {
  if (!inStep || (date === null && !coming)) timeline.follow(Infinity);
  else if (date === null) timeline.hold();
  else timeline.follow(date);
}
