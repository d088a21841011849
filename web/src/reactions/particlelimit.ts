const SLOW = 1 / 40;
const FAST = 1 / 55;
const FEWEST = 40;

/** Gives way on a slow machine: fewer particles until frames come in time again. */
export class FramePace {
  private mean = 1 / 60;

  constructor(private readonly most: number) {
    this.limit = most;
  }

  limit: number;

  /** A frame took so many seconds. */
  frame(seconds: number): void {
    // A tab that was away is not slow.
    if (seconds > 0.5) return;
    this.mean += (seconds - this.mean) * 0.05;
    if (this.mean > SLOW) this.limit = Math.max(FEWEST, this.limit - 1);
    else if (this.mean < FAST) this.limit = Math.min(this.most, this.limit + 1);
  }
}
