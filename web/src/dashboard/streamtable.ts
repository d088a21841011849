import { watchPath } from '../net/links';
import { byId, setText } from '../ui/dom';
import { element, setTexts, tableRow, UNKNOWN } from './element';
import { count, money } from './numbers';
import { Rows, type Row } from './rows';
import { GONE, isOnAir, type StreamRow } from './streamrows';

/** More are shown when asked for. */
const SHORT = 20;
const COLUMNS = ['Viewers', 'Per hour', 'Viewer-hour', 'Month'];

const more = byId<HTMLButtonElement>('streams-more');
const rows = new Rows<StreamRow>(byId('streams-rows'), (r) => r.id, makeRow);
let currency = 'USD';
let all = false;
let last: readonly StreamRow[] = [];

export function setupStreams(): void {
  more.addEventListener('click', () => {
    all = !all;
    showStreams(last, currency);
  });
}

/** Returns what to say instead, or "". */
export function showStreams(list: readonly StreamRow[], inCurrency: string): string {
  currency = inCurrency;
  last = list;
  rows.update(all ? list : list.slice(0, SHORT));
  more.hidden = list.length <= SHORT;
  setText(more, all ? 'Show fewer' : `Show all ${count(list.length)}`);
  return list.length === 0 ? 'No streams yet.' : '';
}

function makeRow(): Row<StreamRow> {
  const { row, head, cells } = tableRow(COLUMNS);
  const link = element('a', 'name');
  const id = element('span', 'id');
  const state = element('span', 'state');
  const who = element('span', 'who');
  who.append(link, id);
  const line = element('div', 'line');
  line.append(state, who);
  head.append(line);
  return {
    element: row,
    show(item) {
      setText(link, item.name);
      if (item.state === GONE) link.removeAttribute('href');
      else link.href = watchPath({ stream: item.id, recording: null, clip: null, at: null });
      setText(id, item.name === item.id ? '' : item.id);
      setText(state, item.state);
      state.dataset.state = item.state;
      row.classList.toggle('quiet', !isOnAir(item.state));
      row.classList.toggle('unknown', item.cost === null && item.viewers === null);
      const cost = item.cost;
      const amount = (v: number | undefined) => (v === undefined ? UNKNOWN : money(v, currency));
      setTexts(cells, [
        item.viewers === null ? UNKNOWN : count(item.viewers), amount(cost?.per_hour.five_minutes),
        amount(cost?.per_viewer_hour || undefined), amount(cost?.month),
      ]);
    },
  };
}
