const SHORTEST_STALL = 100;

/** Counts stalls. Waiting for the first frame is not one. */
export class StallCounter {
  private ended = 0;
  private endedMs = 0;
  private waitingSince = 0;
  private started = false;

  constructor(video: HTMLVideoElement) {
    video.addEventListener('waiting', () => {
      if (this.started && !video.seeking && !this.waitingSince) this.waitingSince = performance.now();
    });
    video.addEventListener('playing', () => {
      this.finish();
      this.started = true;
    });
    // Pausing and loading anew end the wait without ending it well; it still was one.
    video.addEventListener('pause', () => this.finish());
    video.addEventListener('emptied', () => this.finish());
  }

  /** Stalls so far, the current one included. */
  get count(): number {
    return this.ended + (this.currentMs > 0 ? 1 : 0);
  }

  /** Time spent in them, in milliseconds. */
  get totalMs(): number {
    return Math.round(this.endedMs + this.currentMs);
  }

  private get currentMs(): number {
    const waited = this.waitingSince ? performance.now() - this.waitingSince : 0;
    return waited > SHORTEST_STALL ? waited : 0;
  }

  private finish(): void {
    const waited = this.currentMs;
    this.waitingSince = 0;
    if (waited === 0) return;
    this.ended++;
    this.endedMs += waited;
  }
}
