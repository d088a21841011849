import type { RoomStats } from '../chat/types.js';

const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** 1,234 and 12.3K: as exact as one can take in at a glance. */
export function compact(value: number): string {
  return value < 10_000 ? whole.format(value < 1 && value > 0 ? 1 : value) : short.format(value);
}

/** Below this share the page says that it does not show all. */
const NEARLY_ALL = 0.95;

/** What the room's true rate is, where not everything is shown; "" where all is. */
export function rateText(stats: RoomStats): string {
  if (stats.shown >= NEARLY_ALL || stats.rate <= 0) return '';
  const of = stats.shown > 0 ? Math.round(1 / stats.shown) : 0;
  const rate = `${compact(stats.rate)} messages a second`;
  if (of === 0) return `${rate}, none of them shown`;
  return of === 1 ? `${rate}, most of them shown` : `${rate}, showing 1 of ${compact(of)}`;
}
