import { byId, setText } from '../ui/dom';
import { clockTime } from '../ui/format';
import { element, UNKNOWN } from './element';
import { History, runs, sample, SPAN, type Point } from './history';
import { compact, count, money } from './numbers';
import { linear, linePath, niceCeiling, timeTicks } from './scale';

const NS = 'http://www.w3.org/2000/svg';
/** A new page's line begins at the right; so much of time is always shown. */
const SHORTEST = 10 * 60_000;
const TABLE_ROWS = 24;
const LEFT = 62;
const RIGHT = 10;

interface Panel {
  name: 'cost' | 'viewers';
  top: number;
  height: number;
  value: (p: Point) => number | null;
  /** What the axis reaches at least. */
  least: number;
  label: (v: number) => string;
}

/** The cost of an hour and the viewers since the page was opened, one above the other. */
export class Chart {
  private readonly figure = byId('chart');
  private readonly svg = this.figure.querySelector('svg') as SVGSVGElement;
  private readonly pointer = this.figure.querySelector('.chart-pointer') as HTMLElement;
  private readonly table = byId<HTMLDetailsElement>('chart-table');
  private width = 0;
  private currency = 'USD';

  private readonly panels: readonly Panel[] = [
    { name: 'cost', top: 10, height: 104, value: (p) => p.cost, least: 0, label: (v) => money(v, this.currency) },
    { name: 'viewers', top: 140, height: 64, value: (p) => p.viewers, least: 2, label: (v) => compact(v) },
  ];

  constructor(private readonly history: History) {
    new ResizeObserver(([entry]) => {
      this.width = Math.floor(entry?.contentRect.width ?? 0);
      this.draw();
    }).observe(this.figure);
    this.svg.addEventListener('pointermove', (event) => this.point(event.offsetX));
    this.svg.addEventListener('pointerleave', () => this.point(null));
    this.table.addEventListener('toggle', () => this.fillTable());
  }

  show(currency: string): void {
    this.currency = currency;
    this.draw();
    this.fillTable();
  }

  private span(): [number, number] {
    const now = this.history.points.at(-1)?.at ?? Date.now();
    const first = this.history.points[0]?.at ?? now;
    return [Math.max(Math.min(first, now - SHORTEST), now - SPAN), now];
  }

  private draw(): void {
    if (this.width < 100) return;
    const [from, to] = this.span();
    const x = linear([from, to], [LEFT, this.width - RIGHT]);
    const bottom = 204;
    const parts: SVGElement[] = [];
    for (const t of timeTicks(from, to, Math.max(2, Math.floor(this.width / 110)))) {
      parts.push(shape('line', { class: 'grid', x1: x(t), x2: x(t), y1: 10, y2: bottom }));
      const text = new Date(t).toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' });
      if (x(t) < this.width - 30) parts.push(svgText(text, { class: 'tick', x: x(t), y: bottom + 18, 'text-anchor': 'middle' }));
    }
    for (const panel of this.panels) parts.push(...this.drawPanel(panel, x));
    this.svg.setAttribute('width', String(this.width));
    this.svg.setAttribute('aria-label', this.summary());
    this.svg.replaceChildren(...parts);
  }

  private drawPanel(panel: Panel, x: (t: number) => number): SVGElement[] {
    const { top, height } = panel;
    const all = runs(this.history.points, panel.value);
    const highest = niceCeiling(Math.max(panel.least, ...all.flat().map((p) => p.value)));
    const y = linear([0, highest], [top + height, top]);
    const parts: SVGElement[] = [];
    for (const v of [0, highest / 2, highest]) {
      parts.push(shape('line', { class: v === 0 ? 'base' : 'grid', x1: LEFT, x2: this.width - RIGHT, y1: y(v), y2: y(v) }));
      if (v > 0) parts.push(svgText(panel.label(v), { class: 'tick', x: LEFT - 8, y: y(v) + 4, 'text-anchor': 'end' }));
    }
    for (const run of all) {
      const points = run.map((p) => ({ x: x(p.at), y: y(p.value) }));
      const [first, last] = [points[0], points.at(-1)];
      const line = linePath(points);
      if (first && last && points.length > 1) parts.push(shape('path', { class: `area ${panel.name}`, d: `${line}V${y(0)}H${first.x.toFixed(1)}Z` }));
      parts.push(shape('path', { class: `line ${panel.name}`, d: line }));
    }
    const newest = this.history.points.at(-1);
    const value = newest ? panel.value(newest) : null;
    if (newest && value !== null) parts.push(shape('circle', { class: `dot ${panel.name}`, cx: x(newest.at), cy: y(value), r: 3.5 }));
    return parts;
  }

  /** Tells the point nearest to where the pointer is; null: it is gone. */
  private point(at: number | null): void {
    const readout = byId('chart-readout');
    const [from, to] = this.span();
    const time = at === null ? 0 : linear([LEFT, this.width - RIGHT], [from, to])(at);
    const near = at === null ? undefined : this.history.points.reduce<Point | undefined>(
      (best, p) => (!best || Math.abs(p.at - time) < Math.abs(best.at - time) ? p : best), undefined);
    this.pointer.hidden = !near;
    if (!near) return setText(readout, '');
    this.pointer.style.left = `${linear([from, to], [LEFT, this.width - RIGHT])(near.at)}px`;
    setText(readout, `${clockTime(near.at)} · ${money(near.cost, this.currency)} · ${near.viewers === null ? UNKNOWN : count(near.viewers)} viewers`);
  }

  private summary(): string {
    const points = this.history.points;
    const newest = points.at(-1);
    if (!newest) return 'Nothing yet';
    const costs = points.map((p) => p.cost);
    return `Cost per hour since ${clockTime(points[0]?.at ?? 0)}: between ${money(Math.min(...costs), this.currency)} and ` +
      `${money(Math.max(...costs), this.currency)}, now ${money(newest.cost, this.currency)}. A table follows.`;
  }

  private fillTable(): void {
    if (!this.table.open) return;
    const rows = sample(this.history.points, TABLE_ROWS).reverse().map((p) => {
      const row = element('tr');
      const head = element('th', '', clockTime(p.at));
      head.scope = 'row';
      row.append(head, element('td', 'number', money(p.cost, this.currency)), element('td', 'number', p.viewers === null ? UNKNOWN : count(p.viewers)));
      return row;
    });
    byId('chart-rows').replaceChildren(...rows);
  }
}

function shape(tag: string, attributes: Record<string, string | number>): SVGElement {
  const e = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, String(value));
  return e;
}

function svgText(text: string, attributes: Record<string, string | number>): SVGElement {
  const e = shape('text', attributes);
  e.textContent = text;
  return e;
}
