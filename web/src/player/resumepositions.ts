/** The part of Storage that is used. */
export interface PositionStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const KEY = 'lightstick-positions';
/** The oldest is forgotten first. */
const MAX_ENTRIES = 50;
/** Seconds. Shorter positions are not stored. */
const SHORTEST_WATCHED = 10;
/** Seconds before the end from which a recording counts as watched. */
const LONGEST_REST = 15;

type Entry = [key: string, seconds: number];

/** Stores the position at which a recording was left. Without storage every recording starts at the beginning. */
export class ResumePositions {
  constructor(private readonly storage: () => PositionStorage) {}

  /** Seconds of media time to go on from; 0: the beginning. */
  get(recording: string): number {
    return this.read().find(([key]) => key === recording)?.[1] ?? 0;
  }

  set(recording: string, seconds: number, duration: number): void {
    const others = this.read().filter(([key]) => key !== recording);
    const worthIt = seconds >= SHORTEST_WATCHED && seconds < duration - LONGEST_REST;
    const entry: Entry[] = worthIt ? [[recording, Math.floor(seconds)]] : [];
    try {
      this.storage().setItem(KEY, JSON.stringify([...entry, ...others].slice(0, MAX_ENTRIES)));
    } catch {
      // Storage may be full or forbidden.
    }
  }

  /** Newest first. What is stored may be of any shape: other pages of this origin can write there. */
  private read(): Entry[] {
    try {
      const stored: unknown = JSON.parse(this.storage().getItem(KEY) ?? '[]');
      return Array.isArray(stored) ? stored.filter(isEntry).slice(0, MAX_ENTRIES) : [];
    } catch {
      return [];
    }
  }
}

function isEntry(value: unknown): value is Entry {
  return Array.isArray(value) && typeof value[0] === 'string' && Number.isFinite(value[1]) && value[1] > 0;
}
