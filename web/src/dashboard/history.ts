/** What the chart keeps of a round. */
export interface Point {
  /** Unix milliseconds. */
  at: number;
  cost: number;
  /** null: not known. */
  viewers: number | null;
}

/** How far back the chart reaches. */
export const SPAN = 2 * 60 * 60 * 1000;
/** Rounds by hand come on top of those every ten seconds. */
const MOST = 1000;
/** Longer without a point is a gap in the line: the tab was hidden, or nobody answered. */
const GAP = 45_000;

/** The points of the last two hours, a thousand at most. */
export class History {
  readonly points: Point[] = [];

  add(point: Point): void {
    const newest = this.points.at(-1);
    if (newest && point.at <= newest.at) this.points.length = 0; // the clock was put back
    this.points.push(point);
    const stale = this.points.findIndex((p) => p.at >= point.at - SPAN);
    this.points.splice(0, Math.max(stale, this.points.length - MOST));
  }
}

/** The points in runs without gaps, of those that have a value. */
export function runs(points: readonly Point[], value: (p: Point) => number | null): { at: number; value: number }[][] {
  const all: { at: number; value: number }[][] = [];
  let before = -Infinity;
  for (const p of points) {
    const v = value(p);
    if (v === null) {
      before = -Infinity;
      continue;
    }
    if (p.at - before > GAP) all.push([]);
    all.at(-1)?.push({ at: p.at, value: v });
    before = p.at;
  }
  return all;
}

/** At most so many points, evenly spread, the last one among them: for the table. */
export function sample(points: readonly Point[], most: number): Point[] {
  const step = Math.max(1, Math.ceil(points.length / most));
  return points.filter((_, i) => (points.length - 1 - i) % step === 0);
}
