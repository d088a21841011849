import type { Timeline } from './timeline.js';

/** The picture that messages are shown in time with. */
export interface PictureTime {
  /** Program date time of what is on the screen, in Unix milliseconds; null while nothing is. */
  date: number | null;
  /** A picture is on its way: the beginning, a seek, a stall. */
  coming: boolean;
}

/**
 * Moves the timeline to the picture's date. While a picture is loading, nothing more is
 * shown: its date is unknown, and messages of later dates would reveal what it shows.
 */
export function syncToPicture(timeline: Timeline, { date, coming }: PictureTime, inStep: boolean): void {
  if (!inStep || (date === null && !coming)) timeline.follow(Infinity);
  else if (date === null) timeline.hold();
  else timeline.follow(date);
}
