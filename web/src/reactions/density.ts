import type { Counts } from './taps.js';

/** Up to so many taps of an aggregate are shown one by one. */
const SINGLE = 3;
/** Particles that each ten times as many taps add. */
const PER_DECADE = 3.4;
/** However many tap, an aggregate lights no more: five times a second, 80 a second. */
export const MAX_PER_TICK = 16;

/**
 * How many particles stand for so many taps: one each while they can be told apart, and
 * from there so many more for each tenfold, so that a hall of 100,000 looks fuller than
 * one of 1,000 and neither hides the picture.
 */
export function particlesFor(taps: number): number {
  if (taps <= SINGLE) return Math.max(0, Math.floor(taps));
  return Math.min(MAX_PER_TICK, Math.round(SINGLE + PER_DECADE * Math.log10(taps / SINGLE)));
}

/** How bright the glow over the stage's edge is, 0 to 1, at so many taps a second. */
export function glowFor(tapsPerSecond: number): number {
  if (tapsPerSecond < 10) return 0;
  return Math.min(1, Math.log10(tapsPerSecond / 10) / 4);
}

/**
 * Shares particles among the names by what was tapped (largest remainders), each name
 * getting one as long as there are enough: a lone tap in a crowd is seen, too.
 */
export function shareParticles(counts: Counts, particles: number): [name: string, particles: number][] {
  const entries = Object.entries(counts).filter(([, count]) => count > 0);
  entries.sort((a, b) => b[1] - a[1]);
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  const shown = entries.slice(0, particles);
  const spare = particles - shown.length;
  const exact = shown.map(([name, count]) => ({ name, exact: (count / total) * spare }));
  const given = exact.map((e) => ({ name: e.name, count: 1 + Math.floor(e.exact), rest: e.exact % 1 }));
  let left = particles - given.reduce((sum, g) => sum + g.count, 0);
  for (const g of [...given].sort((a, b) => b.rest - a.rest)) {
    if (left-- <= 0) break;
    g.count++;
  }
  return given.map((g) => [g.name, g.count]);
}
