import { byId, setText } from '../ui/dom';
import { element, setTexts, tableRow, UNKNOWN } from './element';
import { bitRate, count, percent, seconds } from './numbers';
import { qualityRows, type QualityRow } from './qualityrows';
import { Rows, type Row } from './rows';
import type { Quality } from './types';

const COLUMNS = ['Sessions', 'Startup p50', 'Startup p95', 'Stalled', 'Bit rate', 'Latency', 'Errors'];
const rows = new Rows<QualityRow>(byId('quality-rows'), (r) => r.key, makeRow);
const names = new Intl.DisplayNames(['en'], { type: 'region' });

/** Returns what to say instead, or "". */
export function showQuality(quality: readonly Quality[]): string {
  rows.update(qualityRows(quality));
  return quality.length > 0 ? '' : 'No player has reported in the last five minutes. The watch page reports by itself.';
}

function makeRow(first: QualityRow): Row<QualityRow> {
  const { row, head, cells } = tableRow(COLUMNS);
  const name = element('span', 'name');
  head.append(name);
  row.classList.add(first.country === null ? 'group' : 'member');
  return {
    element: row,
    show(q) {
      setText(name, title(q));
      const known = (v: number | null, write: (v: number) => string) => (v === null ? UNKNOWN : write(v));
      setTexts(cells, [
        count(q.sessions), known(q.startupP50, seconds), known(q.startupP95, seconds), percent(q.stallRatio),
        known(q.bitrate, bitRate), known(q.latency, seconds), count(q.errors),
      ]);
    },
  };
}

function title(q: QualityRow): string {
  if (q.country === null) return q.cdn === 'none' ? 'no CDN named' : q.cdn === 'other' ? 'another CDN' : q.cdn;
  if (q.country === '') return `${q.others} other countries`;
  if (!/^[A-Z]{2}$/.test(q.country)) return q.country === 'other' ? 'other countries' : 'unknown country';
  return names.of(q.country) ?? q.country;
}
