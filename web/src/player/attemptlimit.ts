/** Allows something only so many times within a period. */
export class Budget {
  private spent: number[] = [];

  constructor(
    private readonly times: number,
    private readonly periodMs: number,
  ) {}

  spend(): boolean {
    const now = performance.now();
    this.spent = this.spent.filter((at) => now - at < this.periodMs);
    if (this.spent.length >= this.times) return false;
    this.spent.push(now);
    return true;
  }

  reset(): void {
    this.spent = [];
  }
}
