const SLOW = 1 / 40;
const FAST = 1 / 55;
const FEWEST = 40;

/** Limits the number of particles on a slow machine until frames come in time again. */
export class ParticleLimit {
  private mean = 1 / 60;

  constructor(private readonly max: number) {
    this.limit = max;
  }

  limit: number;

  /** A frame took so many seconds. */
  addFrame(seconds: number): void {
    // A tab that was away is not slow.
    if (seconds > 0.5) return;
    this.mean += (seconds - this.mean) * 0.05;
    if (this.mean > SLOW) this.limit = Math.max(FEWEST, this.limit - 1);
    else if (this.mean < FAST) this.limit = Math.min(this.max, this.limit + 1);
  }
}
