import type { CostItem, Quality, StreamInfo } from './types';

/** What status.json says of a stream. */
export interface Status {
  state: string;
  viewers: number;
}

export interface StreamRow {
  id: string;
  name: string;
  state: string;
  /** null: not known. */
  viewers: number | null;
  /** null: the bill does not know the stream. */
  cost: CostItem | null;
}

/** The state of a stream that is on the bill but no longer exists. */
export const GONE = 'gone';

/**
 * The streams that may be on air: those that say so, then the dearest that are not
 * listed, as all are that an open server takes.
 */
export function worthAsking(streams: readonly StreamInfo[], costs: readonly CostItem[]): string[] {
  const listed = new Set(streams.map((s) => s.id));
  const others = costs.filter((c) => !listed.has(c.name) && c.per_hour.hour > 0);
  return [...streams.filter((s) => isOnAir(s.state)).map((s) => s.id), ...others.map((c) => c.name)];
}

/**
 * The streams that there are, and those that the month's bill still knows; the dearest
 * first. Viewers are the server's number; of a stream that it does not list, or where it
 * tells none, those that its status tells or those that report, whichever are more.
 */
export function streamRows(
  streams: readonly StreamInfo[], costs: readonly CostItem[], quality: readonly Quality[], statuses: ReadonlyMap<string, Status>,
): StreamRow[] {
  const bill = new Map(costs.map((c) => [c.name, c]));
  const sessions = new Map<string, number>();
  for (const q of quality) sessions.set(q.stream, (sessions.get(q.stream) ?? 0) + q.sessions);
  const rows: StreamRow[] = streams.map((s) => ({
    id: s.id, name: s.name || s.id, state: s.state, viewers: s.viewers ?? most(statuses.get(s.id)?.viewers, sessions.get(s.id)), cost: bill.get(s.id) ?? null,
  }));
  const known = new Set(streams.map((s) => s.id));
  for (const c of costs) {
    if (known.has(c.name)) continue;
    const status = statuses.get(c.name);
    rows.push({ id: c.name, name: c.name, state: status?.state ?? GONE, viewers: most(status?.viewers, sessions.get(c.name)), cost: c });
  }
  return rows.sort(dearestFirst);
}

export function totalViewers(rows: readonly StreamRow[]): number | null {
  const known = rows.map((r) => r.viewers).filter((v) => v !== null);
  if (known.length > 0) return known.reduce((a, b) => a + b, 0);
  // A stream that is off the air has no viewers.
  return rows.some((r) => isOnAir(r.state)) ? null : 0;
}

export function isOnAir(state: string): boolean {
  return state === 'live' || state === 'reconnecting';
}

function most(a: number | undefined, b: number | undefined): number | null {
  return a === undefined && b === undefined ? null : Math.max(a ?? 0, b ?? 0);
}

function dearestFirst(a: StreamRow, b: StreamRow): number {
  const now = (r: StreamRow) => r.cost?.per_hour.five_minutes ?? 0;
  const month = (r: StreamRow) => r.cost?.month ?? 0;
  return now(b) - now(a) || Number(isOnAir(b.state)) - Number(isOnAir(a.state)) || month(b) - month(a) || (a.id < b.id ? -1 : 1);
}
