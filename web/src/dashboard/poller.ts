import { delay } from './backoff';

/** Polls: less often while requests fail, and not while the page is hidden. */
export class Poller {
  /** When the server is asked again, in Unix milliseconds; 0: not known. */
  next = 0;
  failures = 0;
  private timer = 0;
  private running: AbortController | null = null;
  private stopped = true;

  /** round asks everything once, and tells whether it was answered. */
  constructor(private readonly round: (signal: AbortSignal) => Promise<boolean>) {
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) clearTimeout(this.timer);
      else this.now();
    });
  }

  start(): void {
    this.stopped = false;
    this.now();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.running?.abort();
    this.running = null;
  }

  /** Asks at once, in place of what is under way. */
  now(): void {
    if (this.stopped || document.hidden) return;
    clearTimeout(this.timer);
    this.running?.abort();
    void this.run((this.running = new AbortController()));
  }

  private async run(mine: AbortController): Promise<void> {
    const answered = await this.round(mine.signal);
    if (this.running !== mine) return;
    this.running = null;
    this.failures = answered ? 0 : this.failures + 1;
    const wait = delay(this.failures);
    this.next = Date.now() + wait;
    if (!document.hidden) this.timer = window.setTimeout(() => this.now(), wait);
  }
}
