import { byId, setText } from '../ui/dom';
import { element } from './element';
import { bitRate, bytes, count, money } from './numbers';
import { Rows, type Row } from './rows';
import type { Show } from './snapshot';
import { sourceLink } from './sources';
import type { Projection, Quote, Source } from './types';

const viewers = byId<HTMLInputElement>('show-viewers');
const hours = byId<HTMLInputElement>('show-hours');
const rows = new Rows<Quote>(byId('quotes'), (q) => q.name, makeRow);
const PATIENCE = 400;
let currency = 'USD';
let dearest = 0;

export const DEFAULT_SHOW: Show = { viewers: 100_000, hours: 2 };

/** Calls back with the show that the operator thinks of, once they have stopped typing. */
export function setupProjection(onShow: (show: Show) => void): void {
  let timer = 0;
  const changed = () => {
    clearTimeout(timer);
    if (!viewers.validity.valid || !hours.validity.valid) return;
    timer = window.setTimeout(() => onShow({ viewers: viewers.valueAsNumber, hours: hours.valueAsNumber }), PATIENCE);
  };
  viewers.addEventListener('input', changed);
  hours.addEventListener('input', changed);
}

/** Returns what to say instead, or "". */
export function showProjection(projection: Projection | undefined, inCurrency: string): string {
  if (!projection) return 'What a viewer takes is not known yet: it is measured as soon as somebody watches.';
  const quotes = projection.cdns ?? [];
  currency = inCurrency;
  dearest = Math.max(...quotes.map((q) => q.cost), 0);
  const { viewers, hours, bitrate, requests_per_second: perSecond, measured } = projection;
  setText(byId('show-basis'),
    `${count(viewers)} viewers for ${hours === 1 ? 'an hour' : `${hours} hours`}, at ${bitRate(bitrate * 1000)} and ${perSecond.toFixed(1)} requests a second each` +
    `${measured ? ' (as measured)' : ''}: ${bytes(projection.bytes)}.`);
  rows.update(quotes);
  byId('unverified').hidden = quotes.every((q) => q.verified);
  return quotes.length === 0 ? 'There are no prices for any CDN (cost.prices).' : '';
}

function makeRow(first: Quote): Row<Quote> {
  const item = element('li', 'quote');
  const title = element('span', 'name');
  const unverified = element('span', 'tag warn', 'unverified');
  const total = element('span', 'quote-total');
  const perHour = element('span', 'quote-hour');
  const bar = element('div', 'quote-bar');
  const fill = element('div', 'quote-fill');
  bar.append(fill);
  const head = element('div', 'quote-head');
  head.append(title, unverified);
  item.append(head, total, perHour, bar, provenance(first));
  return {
    element: item,
    show(quote) {
      setText(title, quote.title || quote.name);
      unverified.hidden = quote.verified;
      item.classList.toggle('unverified', !quote.verified);
      setText(total, money(quote.cost, currency));
      setText(perHour, `${money(quote.per_hour, currency)} per hour`);
      fill.style.width = `${dearest > 0 ? Math.max((quote.cost / dearest) * 100, 0.4) : 0}%`;
    },
  };
}

/** Where the prices are from; they change with a restart only. */
function provenance(quote: Quote): HTMLElement {
  const sources = quote.sources ?? [];
  const details = element('details', 'provenance');
  details.append(element('summary', '', heading(sources)));
  const list = element('ul');
  for (const source of sources) {
    const line = element('li');
    line.append(sourceLink(source), ` ${[source.seen, source.for].filter(Boolean).join(': ')}`);
    list.append(line);
  }
  details.append(list);
  if (quote.note) details.append(element('p', '', quote.note));
  return details;
}

function heading(sources: readonly Source[]): string {
  if (sources.length === 0) return 'No source';
  const newest = sources.map((s) => s.seen).sort().at(-1);
  return `${sources.length} source${sources.length > 1 ? 's' : ''}${newest ? `, read ${newest}` : ''}`;
}
