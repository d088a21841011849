import type { Quality } from './types';

/** How the players on a CDN, or of one country there, fared. */
export interface QualityRow {
  key: string;
  cdn: string;
  /** Two letters, other or unknown; null: all of the CDN; "": the countries not listed. */
  country: string | null;
  /** How many countries are not listed, in the row of those. */
  others: number;
  sessions: number;
  /** Seconds; null: none started. */
  startupP50: number | null;
  startupP95: number | null;
  stallRatio: number;
  errors: number;
  /** Bit/s; null: nobody played. */
  bitrate: number | null;
  /** Seconds; null: nobody said. */
  latency: number | null;
}

/** How many countries of a CDN have a row of their own. */
const COUNTRIES = 6;

/** Per CDN one row for all, then its countries with the most sessions. */
export function qualityRows(quality: readonly Quality[]): QualityRow[] {
  const rows: QualityRow[] = [];
  for (const [cdn, all] of grouped(quality, (q) => q.cdn)) {
    rows.push(row(cdn, null, all));
    const countries = [...grouped(all, (q) => q.country)].map(([country, list]) => ({ country, list, sessions: sum(list, (q) => q.sessions) }));
    countries.sort((a, b) => b.sessions - a.sessions || (a.country < b.country ? -1 : 1));
    const shown = countries.length === COUNTRIES + 1 ? COUNTRIES + 1 : COUNTRIES;
    for (const c of countries.slice(0, shown)) rows.push(row(cdn, c.country, c.list));
    const rest = countries.slice(shown);
    if (rest.length > 0) rows.push({ ...row(cdn, '', rest.flatMap((c) => c.list)), others: rest.length });
  }
  return rows;
}

/**
 * Rows of several streams or countries in one. The median is near the mean of theirs,
 * by sessions; the 95th percentile is at most the worst of theirs, so that is shown.
 */
function row(cdn: string, country: string | null, list: readonly Quality[]): QualityRow {
  const started = list.filter((q) => q.startup_p50 > 0);
  const told = list.filter((q) => q.latency > 0);
  const bySessions = (q: Quality) => Math.max(q.sessions, 1);
  return {
    key: JSON.stringify([cdn, country]), cdn, country, others: 0,
    sessions: sum(list, (q) => q.sessions),
    startupP50: mean(started, (q) => q.startup_p50, bySessions),
    startupP95: started.length > 0 ? Math.max(...started.map((q) => q.startup_p95)) : null,
    stallRatio: mean(list, (q) => q.stall_ratio, (q) => q.watched) ?? 0,
    errors: sum(list, (q) => q.errors),
    bitrate: mean(list, (q) => q.bitrate, (q) => q.watched),
    latency: mean(told, (q) => q.latency, bySessions),
  };
}

function grouped<T>(items: readonly T[], key: (item: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

/** null where nothing has weight. */
function mean<T>(items: readonly T[], value: (item: T) => number, weight: (item: T) => number): number | null {
  const total = sum(items, weight);
  return total > 0 ? sum(items, (item) => value(item) * weight(item)) / total : null;
}
