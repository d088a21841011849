import { watchPath } from '../net/links';
import { byId, setText } from '../ui/dom';
import { element } from './element';
import { inputRows, type InputRow } from './inputs';
import { Rows, type Row } from './rows';
import type { StreamInfo } from './types';

/** More are not shown: those with warnings come first. */
const MOST = 40;

const rows = new Rows<InputRow>(byId('inputs-rows'), (r) => r.id, makeRow);

/** Returns what to say instead, or "". */
export function showInputs(streams: readonly StreamInfo[]): string {
  const list = inputRows(streams, Date.now());
  rows.update(list.slice(0, MOST));
  return list.length === 0 ? 'Nobody publishes.' : '';
}

function makeRow(): Row<InputRow> {
  const item = element('li', 'input');
  const name = element('a', 'name');
  const facts = element('p', 'facts');
  const notes = element('ul', 'notes');
  item.append(name, facts, notes);
  return {
    element: item,
    show(row) {
      setText(name, row.name);
      name.href = watchPath({ stream: row.id, recording: null, clip: null, at: null });
      setText(facts, row.facts.length > 0 ? row.facts.join(' · ') : 'Nobody publishes.');
      showNotes(notes, row);
    },
  };
}

/** Lists the advice, and the refusal, each as a sentence. */
function showNotes(list: HTMLElement, row: InputRow): void {
  const notes = row.advice.map((a) => ({ severity: a.severity as string, text: sentence(a.text) }));
  if (row.refusal !== '') notes.unshift({ severity: 'warning', text: row.refusal });
  while (list.children.length > notes.length) list.lastElementChild?.remove();
  notes.forEach(({ severity, text }, i) => {
    const note = (list.children[i] as HTMLElement | undefined) ?? list.appendChild(element('li'));
    note.dataset.severity = severity;
    setText(note, text);
  });
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
