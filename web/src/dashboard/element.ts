import { element, setText } from '../ui/dom';

export { element };

/**
 * A row of a table that phones show as a card. The roles are said aloud, because a row
 * that is laid out otherwise would lose them.
 */
export function tableRow(columns: readonly string[]): { row: HTMLTableRowElement; head: HTMLElement; cells: HTMLElement[] } {
  const row = element('tr');
  row.setAttribute('role', 'row');
  const head = element('th');
  head.scope = 'row';
  head.setAttribute('role', 'rowheader');
  const cells = columns.map((label) => {
    const cell = element('td', 'number');
    cell.setAttribute('role', 'cell');
    cell.dataset.label = label;
    return cell;
  });
  row.append(head, ...cells);
  return { row, head, cells };
}

export function setTexts(cells: readonly Element[], texts: readonly string[]): void {
  texts.forEach((text, i) => {
    const cell = cells[i];
    if (cell) setText(cell, text);
  });
}

/** What is shown where nothing is known. */
export const UNKNOWN = '–';
