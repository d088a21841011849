import { byId, setText } from '../ui/dom';
import { UNKNOWN } from './element';
import { BudgetMeter } from './meter';
import { bitRate, count, money } from './numbers';
import type { Cost } from './types';

const hour = new BudgetMeter('budget-hour', 'Hourly budget', 'cost.budget_per_hour');
const month = new BudgetMeter('budget-month', 'Monthly budget', 'cost.budget_per_month');

/** The bill in a few numbers; returns what to say instead, or "". */
export function showBill(cost: Cost): string {
  const amount = (v: number) => money(v, cost.currency);
  setText(byId('hour-cost'), amount(cost.per_hour.five_minutes));
  setText(byId('minute-pace'), amount(cost.per_hour.minute));
  setText(byId('hour-pace'), amount(cost.per_hour.hour));
  setText(byId('month-cost'), amount(cost.month.cost));
  setText(byId('viewer-hour'), cost.per_viewer_hour ? amount(cost.per_viewer_hour) : UNKNOWN);
  const since = new Date(cost.month.since);
  setText(byId('month-name'), since.toLocaleDateString('en', { month: 'long', year: 'numeric', timeZone: 'UTC' }));
  hour.show(cost.per_hour.five_minutes, cost.month.budget_per_hour, cost.currency);
  month.show(cost.month.cost, cost.month.budget, cost.currency);
  const unpriced = (cost.cdns ?? []).filter((c) => !c.priced && c.bytes > 0).map((c) => c.name);
  const missing = byId('unpriced');
  missing.hidden = unpriced.length === 0;
  setText(missing, `Without ${unpriced.join(', ')}: there are no prices for ${unpriced.length > 1 ? 'them' : 'it'} (cost.prices).`);
  return '';
}

/** Numbers that are known without a bill, as far as they are. */
export function showAudience(viewers: number | null, egress: number | null, fromOrigin: number | null): void {
  setText(byId('viewers-now'), viewers === null ? UNKNOWN : count(viewers));
  setText(byId('egress'), egress === null ? UNKNOWN : bitRate(egress));
  setText(byId('egress-origin'), fromOrigin === null ? 'by all CDNs and the origin' : `${bitRate(fromOrigin)} of it by the origin`);
}
