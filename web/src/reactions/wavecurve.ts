import { smooth } from './particles.js';

/** Seconds that the light takes across the page. */
export const SWEEP = 2.4;
/** It stays as long before it fades. */
export const HOLD = 9;
export const FADE = 3;
/** Seconds in which one place goes from dark to lit: 0.9 s up and more down is far below three flashes a second (WCAG 2.3.1). */
export const RAMP = 0.9;
/** A wave waits until the one before has crossed the page. */
export const SPACING = SWEEP + RAMP;

/** How lit the place x (0 left, 1 right) is, 0 to 1, so many seconds after the wave began. */
export function lit(x: number, seconds: number): number {
  const arrives = x * SWEEP;
  const up = smooth((seconds - arrives) / RAMP);
  const down = smooth((seconds - SWEEP - HOLD) / FADE);
  return up * (1 - down);
}

/** The crest that runs ahead: sticks are raised where it is. */
export function crest(x: number, seconds: number): number {
  const distance = (seconds - x * SWEEP - RAMP / 2) / RAMP;
  return Math.exp(-distance * distance * 2);
}

export function over(seconds: number): boolean {
  return seconds >= SWEEP + HOLD + FADE;
}

/** Lets waves begin no closer than they may; of those that wait the last one counts. */
export class WaveQueue {
  private began = -Infinity;
  private waiting: string | null = null;

  /** The colour to begin with now; null: it waits. */
  offer(color: string, now: number): string | null {
    this.waiting = color;
    return this.due(now);
  }

  /** What may begin by now. */
  due(now: number): string | null {
    if (this.waiting === null || now - this.began < SPACING) return null;
    const color = this.waiting;
    this.waiting = null;
    this.began = now;
    return color;
  }

  /** Seconds until something may begin; null when nothing waits. */
  wait(now: number): number | null {
    return this.waiting === null ? null : Math.max(0, this.began + SPACING - now);
  }
}
