/** What is needed of a video element, so that tests can stand in for it. */
export interface FrameSource extends EventTarget {
  readonly currentTime: number;
  readonly readyState: number;
  readonly seeking: boolean;
  readonly videoWidth: number;
  requestVideoFrameCallback?(run: (now: number, frame: { mediaTime: number }) => void): number;
}

/** HTMLMediaElement.HAVE_CURRENT_DATA. */
const HAVE_CURRENT_DATA = 2;
/**
 * Seconds. A browser that does not tell of its frames for so long, a page in the
 * background for example, is believed by its clock.
 */
const LONGEST_DELAY = 10;
/** Seconds that a frame may stand before the time that was sought: it is the one that the seek shows. */
const LONGEST_FRAME = 1;
/** Seconds. A player that seeks to a frame's beginning may say so a little less exactly than the frame. */
const ROUNDING = 0.05;

/**
 * The media time of the picture on the screen. A browser's currentTime is the time of
 * its clock, which goes on while frames are decoded late, and is the target of a seek
 * before anything of it is shown.
 */
export class ShownPicture {
  private frame: number | null = null;
  /** currentTime when the browser last told of a frame, or the wait for one began. */
  private lastFrameAt: number | null = null;

  /** framesOnMediaClock reports whether frame times are on currentTime's clock, as with media source extensions. */
  constructor(
    private readonly video: FrameSource,
    private readonly framesOnMediaClock: () => boolean,
  ) {
    for (const event of ['seeking', 'emptied']) {
      video.addEventListener(event, () => {
        this.frame = null;
        this.lastFrameAt = null;
      });
    }
    this.watchFrames();
  }

  /** Seconds; null while there is no picture, or the one on the screen is being left by a seek. */
  get time(): number | null {
    const { video, frame } = this;
    const { currentTime } = video;
    if (video.seeking || video.readyState < HAVE_CURRENT_DATA) return null;
    if (video.videoWidth === 0 || !video.requestVideoFrameCallback || !this.framesOnMediaClock()) return currentTime;
    this.lastFrameAt ??= currentTime;
    if (currentTime - this.lastFrameAt > LONGEST_DELAY) return currentTime;
    return frame === null ? null : Math.min(frame, currentTime);
  }

  private watchFrames(): void {
    this.video.requestVideoFrameCallback?.((_now, { mediaTime }) => {
      const { seeking, currentTime } = this.video;
      // A browser may show what was sought before it says that the seek is over. While the
      // video is paused no other frame follows.
      const sought = mediaTime - currentTime < ROUNDING && currentTime - mediaTime <= LONGEST_FRAME;
      if (!seeking || sought) {
        this.frame = mediaTime;
        this.lastFrameAt = currentTime;
      }
      this.watchFrames();
    });
  }
}
