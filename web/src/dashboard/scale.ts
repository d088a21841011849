/** A round number at or above v: 1, 2 or 5 times a power of ten; 1 for nothing. */
export function niceCeiling(v: number): number {
  if (!(v > 0) || !Number.isFinite(v)) return 1;
  const power = 10 ** Math.floor(Math.log10(v));
  for (const factor of [1, 2, 5]) if (v <= factor * power * 1.000001) return factor * power;
  return 10 * power;
}

const MINUTE = 60_000;
const STEPS = [1, 2, 5, 10, 15, 30, 60].map((m) => m * MINUTE);

/** Full minutes to mark between two times, so many at most. */
export function timeTicks(from: number, to: number, most: number): number[] {
  const step = STEPS.find((s) => (to - from) / s <= most) ?? 60 * MINUTE;
  const ticks: number[] = [];
  for (let t = Math.ceil(from / step) * step; t <= to && ticks.length < 50; t += step) ticks.push(t);
  return ticks;
}

/** Maps one range onto another, linearly. */
export function linear(from: readonly [number, number], to: readonly [number, number]): (v: number) => number {
  const slope = (to[1] - to[0]) / (from[1] - from[0] || 1);
  return (v) => to[0] + (v - from[0]) * slope;
}

/** An SVG path through the points; a single one is a short dash, so that it is seen. */
export function linePath(points: readonly { x: number; y: number }[]): string {
  const only = points[0];
  if (points.length === 1 && only) return `M${(only.x - 1.5).toFixed(1)} ${only.y.toFixed(1)}h3`;
  return points.map((p, i) => `${i === 0 ? 'M' : 'L'}${p.x.toFixed(1)} ${p.y.toFixed(1)}`).join('');
}
