interface Sample {
  offset: number;
  roundTrip: number;
}

const MAX_SAMPLES = 8;

/**
 * Estimates the server's clock. Every answer tells the server's time somewhere
 * between request and response; the quicker the exchange, the tighter the bound,
 * so the offset of the quickest recent exchange is used.
 */
export class ServerClock {
  private samples: Sample[] = [];

  /** All times in epoch milliseconds: ours when asked, ours when answered, theirs. */
  observe(sentAt: number, receivedAt: number, serverNow: number): void {
    this.samples.push({
      offset: serverNow - (sentAt + receivedAt) / 2,
      roundTrip: receivedAt - sentAt,
    });
    if (this.samples.length > MAX_SAMPLES) this.samples.shift();
  }

  now(): number {
    let best: Sample | undefined;
    for (const sample of this.samples) {
      if (!best || sample.roundTrip <= best.roundTrip) best = sample;
    }
    return localNow() + (best?.offset ?? 0);
  }
}

/** Epoch milliseconds which do not jump when the machine's clock is set. */
export function localNow(): number {
  return performance.timeOrigin + performance.now();
}
