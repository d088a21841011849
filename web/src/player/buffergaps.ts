/** Seconds. What lacks more than this is left to the player, which knows why. */
const LONGEST = 1;
/** Seconds. A picture that ends so soon before the hole stands in it. */
const NEAR = 0.05;
/** Seconds that have to follow the hole. */
const ENOUGH = 0.2;

/** What is needed of a video element, so that tests can stand in for it. */
export interface Buffered {
  readonly length: number;
  start(i: number): number;
  end(i: number): number;
}

/** Where to go on when the time is in a short hole of what is buffered; null when it is not. */
export function pastHole(buffered: Buffered, time: number): number | null {
  for (let i = 0; i + 1 < buffered.length; i++) {
    const [begins, ends] = [buffered.end(i), buffered.start(i + 1)];
    if (time < begins - NEAR || time >= ends) continue;
    return ends - begins <= LONGEST && buffered.end(i + 1) - ends >= ENOUGH ? ends + 0.01 : null;
  }
  return null;
}

/**
 * Takes the video over short holes of what is buffered. hls.js can leave out the last part
 * of a segment when a viewer who fell behind gets several parts at once. In such a hole
 * the picture stands for seconds, while currentTime runs on, until hls.js looks at it.
 */
export function skipHoles(video: HTMLVideoElement): void {
  video.addEventListener('timeupdate', () => {
    if (video.seeking || video.paused) return;
    const to = pastHole(video.buffered, video.currentTime);
    if (to !== null) video.currentTime = to;
  });
}
