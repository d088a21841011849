/** Over how long bytes are averaged, and from when on an average means something. */
const SPAN = 60_000;
const LEAST = 15_000;
const MOST_SAMPLES = 60;

interface Sample {
  at: number;
  bytes: number;
}

/** Bits a second, by CDN, from the bytes of the month that the bill counts. */
export class Egress {
  private readonly samples = new Map<string, Sample[]>();

  /** at is the server's time, in Unix milliseconds. */
  add(at: number, counters: readonly { name: string; bytes: number }[]): void {
    for (const { name, bytes } of counters) {
      const list = this.samples.get(name) ?? [];
      const newest = list.at(-1);
      if (newest && at <= newest.at) continue; // the same answer again
      if (newest && bytes < newest.bytes) list.length = 0; // a new month, or a new start
      list.push({ at, bytes });
      while (list.length > MOST_SAMPLES || (list[1] && list[1].at <= at - SPAN)) list.shift();
      this.samples.set(name, list);
    }
    const known = new Set(counters.map((c) => c.name));
    for (const name of this.samples.keys()) if (!known.has(name)) this.samples.delete(name);
  }

  /** null: not known yet. */
  of(name: string): number | null {
    const list = this.samples.get(name);
    const [first, last] = [list?.[0], list?.at(-1)];
    if (!first || !last || last.at - first.at < LEAST) return null;
    return ((last.bytes - first.bytes) * 8000) / (last.at - first.at);
  }

  total(): number | null {
    const rates = [...this.samples.keys()].map((name) => this.of(name)).filter((r) => r !== null);
    return rates.length > 0 ? rates.reduce((a, b) => a + b, 0) : null;
  }
}
