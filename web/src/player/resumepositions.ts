/** A small part of Storage, so that tests need no browser. */
export interface Shelf {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const KEY = 'lightstick-positions';
/** The oldest is forgotten first. */
const MOST = 50;
/** Who has seen less than this has not begun. */
const BEGUN = 10;
/** Who has seen all but this has seen it. */
const NEARLY_OVER = 15;

type Entry = [key: string, seconds: number];

/** Remembers how far recordings were watched. Without storage it forgets, and nothing else happens. */
export class Positions {
  constructor(private readonly shelf: () => Shelf) {}

  /** Seconds of media time to go on from; 0: the beginning. */
  get(recording: string): number {
    return this.read().find(([key]) => key === recording)?.[1] ?? 0;
  }

  set(recording: string, seconds: number, duration: number): void {
    const others = this.read().filter(([key]) => key !== recording);
    const worthIt = seconds >= BEGUN && seconds < duration - NEARLY_OVER;
    const entry: Entry[] = worthIt ? [[recording, Math.floor(seconds)]] : [];
    try {
      this.shelf().setItem(KEY, JSON.stringify([...entry, ...others].slice(0, MOST)));
    } catch {
      // Storage may be full or forbidden.
    }
  }

  /** Newest first. What is stored may be of any shape: other pages of this origin can write there. */
  private read(): Entry[] {
    try {
      const stored: unknown = JSON.parse(this.shelf().getItem(KEY) ?? '[]');
      return Array.isArray(stored) ? stored.filter(isEntry).slice(0, MOST) : [];
    } catch {
      return [];
    }
  }
}

function isEntry(value: unknown): value is Entry {
  return Array.isArray(value) && typeof value[0] === 'string' && Number.isFinite(value[1]) && value[1] > 0;
}
