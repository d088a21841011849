/** Limits the number of attempts within a period. */
export class AttemptLimit {
  private attempts: number[] = [];

  constructor(
    private readonly limit: number,
    private readonly periodMs: number,
  ) {}

  tryAgain(): boolean {
    const now = performance.now();
    this.attempts = this.attempts.filter((at) => now - at < this.periodMs);
    if (this.attempts.length >= this.limit) return false;
    this.attempts.push(now);
    return true;
  }

  reset(): void {
    this.attempts = [];
  }
}
