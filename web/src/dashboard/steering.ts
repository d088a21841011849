import { announce } from '../ui/announce';
import { byId, setText } from '../ui/dom';
import { showToast } from '../ui/toast';
import type { Answer } from './api';
import { element } from './element';
import type { Mode, Pathway } from './types';

const MODES: readonly [Mode, string][] = [['preferred', 'Preferred'], ['auto', 'Auto'], ['off', 'Off']];

/** Changes a pathway's mode; returns the server's answer. */
export type SetMode = (pathway: string, mode: Mode) => Promise<Answer<Pathway[]>>;

/** A pathway's state, and the buttons that override it. */
export class SteeringControl {
  readonly element = element('div', 'steering');
  private readonly state = element('span', 'health');
  private readonly why = element('span', 'health-why');
  private readonly buttons = new Map<Mode, HTMLButtonElement>();
  private known: Pathway['state'] | null = null;

  constructor(private readonly name: string, private readonly setMode: SetMode) {
    const group = element('div', 'modes');
    group.setAttribute('role', 'group');
    group.setAttribute('aria-label', `Steering of ${name}`);
    for (const [mode, label] of MODES) {
      const button = element('button', '', label);
      button.type = 'button';
      button.addEventListener('click', () => void this.choose(mode));
      this.buttons.set(mode, button);
      group.append(button);
    }
    const words = element('div', 'health-words');
    words.append(this.state, this.why);
    this.element.append(words, group);
  }

  show(pathway: Pathway): void {
    for (const [mode, button] of this.buttons) button.setAttribute('aria-pressed', String(mode === pathway.mode));
    setText(this.state, pathway.state);
    this.state.dataset.state = pathway.state;
    const since = `since ${new Date(pathway.since).toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' })}`;
    setText(this.why, pathway.reason ? `${since}: ${pathway.reason}` : since);
    if (this.known !== null && this.known !== pathway.state) announce(`${this.name} is ${pathway.state}. ${pathway.reason ?? ''}`);
    this.known = pathway.state;
  }

  private async choose(mode: Mode): Promise<void> {
    const button = this.buttons.get(mode);
    if (button?.getAttribute('aria-pressed') === 'true' || this.element.classList.contains('busy')) return;
    if (mode === 'off' && !(await confirmOff(this.name))) return;
    this.element.classList.add('busy');
    const answer = await this.setMode(this.name, mode);
    this.element.classList.remove('busy');
    if (answer.kind === 'ok') showToast(`${this.name} is ${mode === 'auto' ? 'steered automatically' : mode}`);
    else if (answer.kind !== 'refused') showToast(answer.kind === 'failed' ? `${this.name} stays as it is: ${answer.why}` : 'Steering is off on this server');
  }
}

const dialog = byId<HTMLDialogElement>('confirm');

/** Asks for confirmation before no viewer is sent to the pathway any more. */
function confirmOff(name: string): Promise<boolean> {
  setText(byId('confirm-title'), `Switch ${name} off?`);
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'off'), { once: true });
  });
}
