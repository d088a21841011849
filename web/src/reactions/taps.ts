/** What one call may bring, and a second count, as the server has it. */
export const MAX_TAPS = 50;
/** How long a tap may take to come back in an aggregate. */
const OUTSTANDING = 2000;

export type Counts = Record<string, number>;

interface Sent {
  name: string;
  count: number;
  at: number;
}

/**
 * Gathers taps into calls, and takes them out of what comes back: they were shown when
 * they were made.
 */
export class Taps {
  private pending = new Map<string, number>();
  private total = 0;
  private second = 0;
  private inSecond = 0;
  private outstanding: Sent[] = [];

  /** False when it is too many: it would not count. */
  addTap(name: string, now: number): boolean {
    if (now - this.second >= 1000) {
      this.second = now;
      this.inSecond = 0;
    }
    if (this.total >= MAX_TAPS || this.inSecond >= MAX_TAPS) return false;
    this.total++;
    this.inSecond++;
    this.pending.set(name, (this.pending.get(name) ?? 0) + 1);
    return true;
  }

  get waiting(): boolean {
    return this.total > 0;
  }

  /** The taps since the last call; null if there are none. */
  flush(now: number): Counts | null {
    if (this.total === 0) return null;
    for (const [name, count] of this.pending) this.outstanding.push({ name, count, at: now });
    const counts = Object.fromEntries(this.pending);
    this.pending = new Map();
    this.total = 0;
    return counts;
  }

  /** A call failed: its taps will not come back. */
  addLost(counts: Counts): void {
    for (const [name, count] of Object.entries(counts)) this.subtractOutstanding(name, count);
  }

  /** What others did of an aggregate. */
  withoutOwn(counts: Counts, now: number): Counts {
    this.outstanding = this.outstanding.filter((sent) => now - sent.at < OUTSTANDING);
    const left: Counts = {};
    for (const [name, count] of Object.entries(counts)) {
      const rest = count - this.subtractOutstanding(name, count);
      if (rest > 0) left[name] = rest;
    }
    return left;
  }

  private subtractOutstanding(name: string, count: number): number {
    let taken = 0;
    for (const sent of this.outstanding) {
      if (sent.name !== name) continue;
      const part = Math.min(sent.count, count - taken);
      sent.count -= part;
      taken += part;
    }
    this.outstanding = this.outstanding.filter((sent) => sent.count > 0);
    return taken;
  }
}
