import { byId, setText } from '../ui/dom';
import type { CDNRow } from './cdnrows';
import type { Egress } from './egress';
import { element, setTexts, tableRow, UNKNOWN } from './element';
import { bitRate, bytes, compact, count, money } from './numbers';
import { Rows, type Row } from './rows';
import { SteeringControl, type SetMode } from './steering';

const COLUMNS = ['Per hour', 'Month', 'Egress', 'Volume', 'Requests', 'Sessions'];

/** The table of CDNs. */
export class CDNTable {
  private readonly rows: Rows<CDNRow>;
  private currency = 'USD';

  constructor(private readonly egress: Egress, private readonly setMode: SetMode) {
    this.rows = new Rows(byId('cdn-rows'), (r) => r.name, (r) => this.makeRow(r.name));
  }

  /** Returns what to say instead, or "". */
  show(list: readonly CDNRow[], currency: string): string {
    this.currency = currency;
    this.rows.update(list);
    byId('cdn-table').classList.toggle('unsteered', list.every((r) => r.pathway === null));
    return list.length === 0 ? 'Nothing was delivered in this month.' : '';
  }

  private makeRow(name: string): Row<CDNRow> {
    const { row, head, cells } = tableRow(COLUMNS);
    const unpriced = element('span', 'tag warn', 'no price');
    unpriced.title = 'There is no price for this CDN, and it is missing from the sums: add it to the file of cost.prices';
    head.append(element('span', 'name', name), unpriced);
    const steered = element('td', 'steered');
    steered.setAttribute('role', 'cell');
    row.append(steered);
    let control: SteeringControl | null = null;
    return {
      element: row,
      show: ({ cost, pathway, sessions }) => {
        unpriced.hidden = cost?.priced ?? true;
        const amount = (v: number | undefined) => (v === undefined || !cost?.priced ? UNKNOWN : money(v, this.currency));
        const rate = this.egress.of(name);
        setTexts(cells, [
          amount(cost?.per_hour.five_minutes), amount(cost?.month), rate === null ? UNKNOWN : bitRate(rate), cost ? bytes(cost.bytes) : UNKNOWN,
          cost ? compact(cost.requests) : UNKNOWN, sessions === null ? UNKNOWN : count(sessions),
        ]);
        if (!pathway) {
          control = null;
          setText(steered, name === 'origin' ? '' : 'not steered');
          return;
        }
        if (!control) steered.replaceChildren((control = new SteeringControl(name, this.setMode)).element);
        control.show(pathway);
      },
    };
  }
}
