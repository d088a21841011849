import type { ModerationAction } from '../moderation/actions';
import { element } from '../ui/dom';
import { Fields } from './dialog';

const MOST = 6;
const LONGEST_QUESTION = 200;
const LONGEST_OPTION = 80;
const DURATIONS = [30, 60, 120, 300, 600];

/** Question, two to six answers, how long. */
export function pollForm(start: (act: ModerationAction) => Promise<boolean>): HTMLElement {
  const form = element('form', 'staff-form');
  const top = new Fields();
  const question = top.line('Question', { maxLength: LONGEST_QUESTION, placeholder: 'Which song next?' });
  const answers = new Fields();
  const inputs: HTMLInputElement[] = [];
  const add = () => inputs.push(answers.line(`Answer ${inputs.length + 1}`, { maxLength: LONGEST_OPTION }));
  const reset = () => {
    answers.root.replaceChildren();
    inputs.length = 0;
    add();
    add();
    question.value = '';
    more.hidden = false;
  };
  const more = element('button', 'button', 'Add an answer');
  more.type = 'button';
  more.addEventListener('click', () => {
    add();
    inputs.at(-1)?.focus();
    more.hidden = inputs.length >= MOST;
  });
  const bottom = new Fields();
  const seconds = bottom.choice('How long', DURATIONS.map((s) => ({ label: s < 60 ? `${s} seconds` : `${s / 60} minute${s === 60 ? '' : 's'}`, value: String(s) })), '60');
  const buttons = element('div', 'staff-buttons');
  buttons.append(element('button', 'button primary', 'Start the poll'), more);
  form.append(top.root, answers.root, bottom.root, buttons);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const options = inputs.map((input) => input.value.trim()).filter(Boolean);
    const text = question.value.trim();
    if (!text || options.length < 2) {
      (text ? inputs.find((input) => !input.value.trim()) : question)?.focus();
      return;
    }
    void start({ act: 'poll', text, options, seconds: Number(seconds.value) }).then((started) => started && reset());
  });
  reset();
  return form;
}
