import type { CostItem, Pathway, Quality } from './types';

export interface CDNRow {
  name: string;
  cost: CostItem | null;
  pathway: Pathway | null;
  /** null: nobody reports. */
  sessions: number | null;
}

/** The CDNs of the bill and of steering, by name: rows with buttons must not jump about. */
export function cdnRows(costs: readonly CostItem[], pathways: readonly Pathway[], quality: readonly Quality[]): CDNRow[] {
  const bill = new Map(costs.map((c) => [c.name, c]));
  const ways = new Map(pathways.map((p) => [p.name, p]));
  const sessions = new Map<string, number>();
  for (const q of quality) sessions.set(q.cdn, (sessions.get(q.cdn) ?? 0) + q.sessions);
  return [...new Set([...bill.keys(), ...ways.keys()])].sort().map((name) => ({
    name, cost: bill.get(name) ?? null, pathway: ways.get(name) ?? null, sessions: sessions.get(name) ?? null,
  }));
}
