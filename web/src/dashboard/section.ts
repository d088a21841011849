import { byId, setText } from '../ui/dom';
import type { Answer } from './api';

/**
 * Shows a section as far as its answer goes: what it says, or in a line how to switch it
 * on. What failed keeps showing the last answer, with a line that says so.
 */
export function showSection<T>(id: string, answer: Answer<T>, off: string, show: (data: T) => string): void {
  const section = byId(id);
  const body = section.querySelector<HTMLElement>('.section-body');
  const note = section.querySelector<HTMLElement>('.section-note');
  if (!body || !note) throw new Error(`section #${id} has no body or note`);
  const first = section.dataset.seen === undefined;
  let text = '';
  if (answer.kind === 'ok') {
    section.dataset.seen = '';
    text = show(answer.data);
    body.hidden = text !== '';
  } else if (answer.kind === 'off') {
    text = off;
    body.hidden = true;
  } else if (answer.kind === 'failed') {
    text = first ? `Not known: ${answer.why}.` : `This is the last answer; now: ${answer.why}.`;
    body.hidden = first;
  }
  setText(note, text);
  note.hidden = text === '';
}
