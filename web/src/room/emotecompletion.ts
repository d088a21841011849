import { element } from '../ui/dom';
import { find, typedName, type Suggestion } from './emoji';

const MOST = 7;

/** Emotes and emoji to choose from while one types :na. */
export class EmoteCompletion {
  readonly list = element('div', 'chat-names emote-names');
  private found: Suggestion[] = [];
  private chosen = 0;

  constructor(
    private readonly field: HTMLTextAreaElement,
    private readonly emotes: () => Record<string, string>,
  ) {
    const { list } = this;
    list.id = 'emote-names';
    list.hidden = true;
    list.setAttribute('role', 'listbox');
    list.setAttribute('aria-label', 'Emotes');
    field.addEventListener('input', () => this.look());
    field.addEventListener('blur', () => this.close());
    // Before the field's own keys: Enter takes an emote and does not send.
    field.form?.addEventListener('keydown', (event) => this.onKey(event), { capture: true });
    list.addEventListener('pointerdown', (event) => {
      event.preventDefault(); // the field keeps its focus
      const index = [...list.children].indexOf((event.target as Element).closest('[role=option]') as Element);
      if (index >= 0) this.take(index);
    });
  }

  private look(): void {
    const { field } = this;
    const typed = typedName(field.value, field.selectionStart);
    this.found = typed ? find(typed.query, this.emotes(), MOST) : [];
    if (this.found.length === 0) return this.close();
    this.list.replaceChildren(...this.found.map((suggestion, i) => option(suggestion, i)));
    this.list.hidden = false;
    field.setAttribute('aria-expanded', 'true');
    this.choose(0);
  }

  private onKey(event: KeyboardEvent): void {
    if (this.list.hidden || event.target !== this.field || event.isComposing) return;
    const { length } = this.found;
    if (event.key === 'ArrowDown') this.choose((this.chosen + 1) % length);
    else if (event.key === 'ArrowUp') this.choose((this.chosen + length - 1) % length);
    else if (event.key === 'Enter' || event.key === 'Tab') this.take(this.chosen);
    else if (event.key === 'Escape') this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private choose(index: number): void {
    this.chosen = index;
    [...this.list.children].forEach((child, i) => child.setAttribute('aria-selected', String(i === index)));
    this.field.setAttribute('aria-activedescendant', `emote-name-${index}`);
  }

  private take(index: number): void {
    const { field } = this;
    const typed = typedName(field.value, field.selectionStart);
    const suggestion = this.found[index];
    if (typed && suggestion) field.setRangeText(`${suggestion.insert} `, typed.from, field.selectionStart, 'end');
    this.close();
    field.dispatchEvent(new Event('input'));
  }

  private close(): void {
    if (this.list.hidden) return;
    this.list.hidden = true;
    this.field.setAttribute('aria-expanded', 'false');
    this.field.removeAttribute('aria-activedescendant');
  }
}

function option({ insert, label, picture }: Suggestion, index: number): HTMLElement {
  const row = element('div', 'chat-names-row');
  row.id = `emote-name-${index}`;
  row.setAttribute('role', 'option');
  if (picture) {
    const image = element('img', 'chat-emote');
    image.src = picture;
    image.alt = '';
    row.append(image, label);
  } else row.append(element('span', 'emote-names-emoji', insert), label);
  return row;
}
