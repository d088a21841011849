const LIMIT = 50;
const SOON = 500;

/** Status codes that say: never again. */
const NOT_WANTED = [404, 405, 410];

/** Sends lines to the server, several at a time, and keeps those that could not be sent. */
export class Mailbox {
  private lines: string[] = [];
  private timer = 0;
  private closed = false;
  private sending = false;

  constructor(private readonly url: string) {}

  /** The page is being left: what is not sent yet goes in a way that outlives it. */
  leave(): void {
    const rest = this.take();
    if (rest !== '') navigator.sendBeacon(this.url, rest);
  }

  add(line: string): void {
    if (this.closed) return;
    this.lines = [...this.lines, line].slice(-LIMIT);
    if (!this.timer && !this.sending) this.timer = window.setTimeout(() => void this.send(), SOON);
  }

  private take(): string {
    const text = this.lines.map((line) => `${line}\n`).join('');
    this.lines = [];
    return text;
  }

  private async send(): Promise<void> {
    this.timer = 0;
    const taken = this.lines;
    this.sending = true;
    const status = await this.post(this.take());
    this.sending = false;
    if (NOT_WANTED.includes(status)) this.closed = true;
    // What was refused for now goes with the next that there is to say.
    else if (status === 0 || status === 429 || status >= 500) this.lines = [...taken, ...this.lines].slice(-LIMIT);
    else if (this.lines.length > 0) this.timer = window.setTimeout(() => void this.send(), SOON);
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
