import type { Poll } from '../chat/types.js';

export interface Bar {
  text: string;
  votes: number;
  /** Whole percent; all of them together are 100, or 0 without a vote. */
  percent: number;
  leads: boolean;
}

/** A poll's answers as bars. Percentages are rounded so that they add up (largest remainders). */
export function bars(poll: Poll): Bar[] {
  const total = poll.options.reduce((sum, o) => sum + o.votes, 0);
  const most = Math.max(...poll.options.map((o) => o.votes));
  const exact = poll.options.map((o) => (total > 0 ? (100 * o.votes) / total : 0));
  const percents = exact.map(Math.floor);
  let left = total > 0 ? 100 - percents.reduce((sum, p) => sum + p, 0) : 0;
  const order = exact.map((value, i) => ({ i, rest: value % 1 })).sort((a, b) => b.rest - a.rest);
  for (const { i } of order) {
    if (left-- <= 0) break;
    percents[i] = (percents[i] ?? 0) + 1;
  }
  return poll.options.map(({ text, votes }, i) => ({ text, votes, percent: percents[i] ?? 0, leads: votes > 0 && votes === most }));
}

export function totalVotes(poll: Poll): number {
  return poll.options.reduce((sum, o) => sum + o.votes, 0);
}

export function isOver(poll: Poll, now: number): boolean {
  return poll.over === true || now >= poll.ends;
}

/** "0:42 left", "3:05 left". */
export function timeLeft(poll: Poll, now: number): string {
  const seconds = Math.max(0, Math.ceil((poll.ends - now) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} left`;
}

/** How long a result stays to be seen. */
const SHOWN_AFTER = 60_000;

export function stillShown(poll: Poll, now: number): boolean {
  return !isOver(poll, now) || now < poll.ends + SHOWN_AFTER;
}

/** What they voted, in this browser; the server has it as well and counts once. */
export class Votes {
  constructor(private readonly storage: () => Storage) {}

  get(poll: string): number | null {
    try {
      const kept = JSON.parse(this.storage().getItem(KEY) ?? '{}') as Record<string, unknown>;
      const option = kept[poll];
      return typeof option === 'number' ? option : null;
    } catch {
      return null;
    }
  }

  set(poll: string, option: number): void {
    try {
      const kept = JSON.parse(this.storage().getItem(KEY) ?? '{}') as Record<string, number>;
      delete kept[poll];
      const entries = [...Object.entries(kept), [poll, option] as const].slice(-KEPT);
      this.storage().setItem(KEY, JSON.stringify(Object.fromEntries(entries)));
    } catch {
      // A browser that keeps nothing shows the vote until it is reloaded.
    }
  }
}

const KEY = 'lightstick.votes';
const KEPT = 20;
