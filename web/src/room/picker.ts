import type { ChatClient } from '../chat/client';
import { element } from '../ui/dom';
import { EMOJI, find, type Suggestion } from './emoji';
import { roomIcon } from './icons';

const MOST_FOUND = 48;

/** Emotes and emoji to choose from, beside the composer. */
export class Picker {
  readonly root = element('section', 'picker');
  readonly button = element('button', 'chat-tool');
  private readonly search = element('input', 'room-input');
  private readonly grid = element('div', 'picker-grid');

  constructor(
    private readonly client: ChatClient,
    private readonly insert: (text: string) => void,
  ) {
    const { root, button, search, grid } = this;
    button.type = 'button';
    button.title = 'Emotes and emoji';
    button.setAttribute('aria-label', 'Emotes and emoji');
    button.setAttribute('aria-expanded', 'false');
    button.append(roomIcon('smile'));
    button.addEventListener('click', () => this.show(root.hidden === true));
    root.id = 'room-picker';
    root.hidden = true;
    root.setAttribute('role', 'dialog');
    root.setAttribute('aria-label', 'Emotes and emoji');
    button.setAttribute('aria-controls', root.id);
    search.type = 'search';
    search.placeholder = 'Find';
    search.setAttribute('aria-label', 'Find an emote');
    search.addEventListener('input', () => this.fill());
    search.addEventListener('keydown', (event) => {
      const first = grid.querySelector('button');
      if (event.key === 'ArrowDown') first?.focus();
      else if (event.key === 'Enter') first?.click();
      else return;
      event.preventDefault();
    });
    grid.addEventListener('keydown', (event) => this.onKey(event));
    root.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.show(false);
      button.focus();
    });
    document.addEventListener('pointerdown', ({ target }) => {
      if (!root.contains(target as Node) && !button.contains(target as Node)) this.show(false);
    });
    root.append(search, grid);
  }

  private show(shown: boolean): void {
    if (this.root.hidden === !shown) return;
    this.root.hidden = !shown;
    this.button.setAttribute('aria-expanded', String(shown));
    if (!shown) return;
    this.root.style.bottom = `${(this.button.closest<HTMLElement>('.chat-foot')?.offsetHeight ?? 0) + 4}px`;
    this.search.value = '';
    this.fill();
    // On a phone the keyboard would cover what is to be chosen from.
    if (matchMedia('(hover: hover)').matches) this.search.focus();
  }

  private fill(): void {
    const query = this.search.value.trim().replace(/^:|:$/g, '');
    const { emotes } = this.client;
    if (query) {
      const found = find(query, emotes, MOST_FOUND);
      this.grid.replaceChildren(...(found.length > 0 ? [this.group('Found', found)] : [element('p', 'staff-note', 'Nothing by that name')]));
      return;
    }
    const own = Object.entries(emotes).map(([name, picture]) => ({ insert: `:${name}:`, label: name, picture }));
    const groups = EMOJI.map((g) => this.group(g.name, g.emoji.map((e) => ({ insert: e.text, label: e.words }))));
    this.grid.replaceChildren(...(own.length > 0 ? [this.group('This room', own)] : []), ...groups);
  }

  private group(name: string, items: Suggestion[]): HTMLElement {
    const group = element('section', 'picker-group');
    group.setAttribute('aria-label', name);
    const row = element('div', 'picker-row');
    row.append(...items.map((item) => this.item(item)));
    group.append(element('h4', '', name), row);
    return group;
  }

  private item({ insert, label, picture }: Suggestion): HTMLElement {
    const button = element('button', 'picker-item', picture ? '' : insert);
    button.type = 'button';
    button.title = label;
    button.setAttribute('aria-label', label);
    if (picture) {
      const image = element('img');
      image.src = picture;
      image.alt = '';
      button.append(image);
    }
    button.addEventListener('click', (event) => {
      // Several in a row with the shift key, or by touch, where the picker does not cover the field.
      this.insert(picture ? `${insert} ` : insert);
      if (event.shiftKey) button.focus();
      else if (matchMedia('(hover: hover)').matches) this.show(false);
    });
    return button;
  }

  private onKey(event: KeyboardEvent): void {
    const all = [...this.grid.querySelectorAll('button')];
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    if (at < 0) return;
    const top = all[at]?.getBoundingClientRect().top ?? 0;
    const inRow = all.filter((b) => Math.abs(b.getBoundingClientRect().top - top) < 4).length;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: inRow, ArrowUp: -inRow }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (at + step < 0) this.search.focus();
    else all[Math.min(all.length - 1, at + step)]?.focus();
  }
}
