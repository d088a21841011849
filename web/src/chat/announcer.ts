/** How much a screen reader gets of a busy room. */
const INTERVAL = 4000;
const SPOKEN = 2;
const LONGEST = 160;

interface Line {
  name: string;
  text: string;
}

/** Announces new messages at a bounded rate: their text in a quiet room, their number in a busy one. */
export class MessageAnnouncer {
  private lines: Line[] = [];
  private count = 0;
  private last = -Infinity;

  constructor(private readonly say: (text: string) => void) {}

  addLines(lines: readonly Line[]): void {
    this.count += lines.length;
    this.lines = [...this.lines, ...lines].slice(0, SPOKEN);
  }

  /** To be called now and then. */
  tick(now: number): void {
    if (this.count === 0 || now - this.last < INTERVAL) return;
    this.last = now;
    if (this.count <= SPOKEN) for (const { name, text } of this.lines) this.say(`${name}: ${text}`.slice(0, LONGEST));
    else this.say(`${this.count} new messages`);
    this.lines = [];
    this.count = 0;
  }
}
