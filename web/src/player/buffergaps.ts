/** Seconds. Longer gaps are left to hls.js. */
const LONGEST_GAP = 1;
/** Seconds. Playback that stopped this close before a gap counts as in the gap. */
const GAP_TOLERANCE = 0.05;
/** Seconds that must be buffered after the gap. */
const SHORTEST_BUFFER_AFTER_GAP = 0.2;

/** What is needed of a video element, so that tests can stand in for it. */
export interface Buffered {
  readonly length: number;
  start(i: number): number;
  end(i: number): number;
}

/** The time after a short gap of the buffer, if the given time lies in one; else null. */
export function endOfGap(buffered: Buffered, time: number): number | null {
  for (let i = 0; i + 1 < buffered.length; i++) {
    const [begins, ends] = [buffered.end(i), buffered.start(i + 1)];
    if (time < begins - GAP_TOLERANCE || time >= ends) continue;
    return ends - begins <= LONGEST_GAP && buffered.end(i + 1) - ends >= SHORTEST_BUFFER_AFTER_GAP ? ends + 0.01 : null;
  }
  return null;
}

/**
 * Seeks past short gaps of the buffer. hls.js can leave out the last part of a segment
 * when a viewer who fell behind gets several parts at once. In such a gap the picture
 * freezes for seconds, while currentTime advances, until hls.js handles it.
 */
export function skipBufferGaps(video: HTMLVideoElement): void {
  video.addEventListener('timeupdate', () => {
    if (video.seeking || video.paused) return;
    const to = endOfGap(video.buffered, video.currentTime);
    if (to !== null) video.currentTime = to;
  });
}
