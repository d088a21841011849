const MAX_LINES = 50;
const SEND_DELAY = 500;

/** Status codes after which nothing more is sent. */
const UNWANTED_STATUSES = [404, 405, 410];

/** Sends report lines in batches, and keeps those that could not be sent. */
export class ReportQueue {
  private lines: string[] = [];
  private timer = 0;
  private closed = false;
  private sending = false;

  constructor(private readonly url: string) {}

  /** Sends the rest when the page is closed; a beacon outlives the page. */
  sendBeacon(): void {
    const rest = this.takeLines();
    if (rest !== '') navigator.sendBeacon(this.url, rest);
  }

  add(line: string): void {
    if (this.closed) return;
    this.lines = [...this.lines, line].slice(-MAX_LINES);
    if (!this.timer && !this.sending) this.timer = window.setTimeout(() => void this.send(), SEND_DELAY);
  }

  private takeLines(): string {
    const text = this.lines.map((line) => `${line}\n`).join('');
    this.lines = [];
    return text;
  }

  private async send(): Promise<void> {
    this.timer = 0;
    const taken = this.lines;
    this.sending = true;
    const status = await this.post(this.takeLines());
    this.sending = false;
    if (UNWANTED_STATUSES.includes(status)) this.closed = true;
    // Lines that were refused for now go with the next batch.
    else if (status === 0 || status === 429 || status >= 500) this.lines = [...taken, ...this.lines].slice(-MAX_LINES);
    else if (this.lines.length > 0) this.timer = window.setTimeout(() => void this.send(), SEND_DELAY);
  }

  /** The answer's status code; 0: there was none. */
  private async post(body: string): Promise<number> {
    try {
      const headers = { 'Content-Type': 'application/cmcd' };
      const { status } = await fetch(this.url, { method: 'POST', body, headers, keepalive: true, signal: AbortSignal.timeout(10_000) });
      return status;
    } catch {
      return 0;
    }
  }
}
