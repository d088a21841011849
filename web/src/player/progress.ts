import type { Playback } from '../watch/scene';
import type { Player } from './player';

const ADVANCING_WITHIN = 1000;

/** Measures whether playback advances; the media element's state is not reliable for that. */
export class Progress {
  private hasFrame = false;
  private lastTime = 0;
  private advancedAt = -Infinity;
  /** When something last happened that should make it advance. */
  private startRequestedAt = 0;

  constructor(private readonly player: Player) {
    // A new source begins without a picture.
    player.video.addEventListener('emptied', () => {
      this.hasFrame = false;
      this.advancedAt = -Infinity;
    });
    player.video.addEventListener('loadstart', () => {
      this.startRequestedAt = performance.now();
      this.awaitFrame();
    });
    player.video.addEventListener('play', () => {
      this.startRequestedAt = performance.now();
    });
  }

  /** To be called a few times per second. */
  sample(): void {
    const { video } = this.player;
    const playing = !video.paused && !video.seeking && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
    if (playing && video.currentTime > this.lastTime) {
      this.advancedAt = performance.now();
      this.hasFrame = true;
    }
    this.lastTime = video.currentTime;
  }

  get playback(): Playback {
    return {
      hasFrame: this.hasFrame,
      advancing: performance.now() - this.advancedAt < ADVANCING_WITHIN,
      failed: this.player.failed,
    };
  }

  /** Milliseconds since playback last advanced, or since it was last started. */
  get idleMs(): number {
    return performance.now() - Math.max(this.advancedAt, this.startRequestedAt);
  }

  /** Sampling sees that time moves; this sees the very first frame at once, where supported. */
  private awaitFrame(): void {
    this.player.video.requestVideoFrameCallback?.(() => {
      this.hasFrame = true;
      this.advancedAt = performance.now();
    });
  }
}
