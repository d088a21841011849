import { element } from './messagerow';
import type { User } from './types';

const DELAY = 150;
const MOST = 6;
/** What is being typed before the cursor: an @ at the beginning of a word. */
const TYPED_NAME = /(?:^|\s)@([\p{L}\p{N}\p{M}_.-]{0,32})$/u;

/** Names to choose from while one types @na. */
export class NameCompletion {
  readonly list = element('div', 'chat-names');
  private users: User[] = [];
  private chosen = 0;
  private timer = 0;
  private asked = 0;

  constructor(
    private readonly field: HTMLTextAreaElement,
    private readonly find: (prefix: string) => Promise<User[]>,
  ) {
    const { list } = this;
    list.id = 'chat-names';
    list.setAttribute('role', 'listbox');
    list.setAttribute('aria-label', 'People');
    list.hidden = true;
    field.setAttribute('aria-autocomplete', 'list');
    field.setAttribute('aria-controls', list.id);
    field.addEventListener('input', () => this.onInput());
    field.addEventListener('blur', () => this.close());
    // Before the field loses its focus.
    list.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      const index = [...list.children].indexOf((event.target as Element).closest('[role="option"]') as HTMLElement);
      if (index >= 0) this.insertName(index);
    });
  }

  /** True if the key was the list's. */
  onKey(event: KeyboardEvent): boolean {
    if (this.list.hidden) return false;
    const { length } = this.users;
    if (event.key === 'ArrowDown') this.choose((this.chosen + 1) % length);
    else if (event.key === 'ArrowUp') this.choose((this.chosen + length - 1) % length);
    else if (event.key === 'Enter' || event.key === 'Tab') this.insertName(this.chosen);
    else if (event.key === 'Escape') this.close();
    else return false;
    return true;
  }

  private onInput(): void {
    clearTimeout(this.timer);
    const prefix = this.prefix;
    if (prefix === null) return this.close();
    this.timer = window.setTimeout(() => void this.findUsers(prefix), DELAY);
  }

  private async findUsers(prefix: string): Promise<void> {
    const asked = ++this.asked;
    const users = await this.find(prefix).catch(() => []);
    if (asked !== this.asked || this.prefix !== prefix) return;
    this.users = users.filter(({ name }) => name).slice(0, MOST);
    if (this.users.length === 0) return this.close();
    this.list.replaceChildren(...this.users.map(({ name }, i) => option(name, i)));
    this.list.hidden = false;
    this.field.setAttribute('aria-expanded', 'true');
    this.choose(0);
  }

  private get prefix(): string | null {
    const { field } = this;
    return TYPED_NAME.exec(field.value.slice(0, field.selectionStart))?.[1] ?? null;
  }

  private choose(index: number): void {
    this.chosen = index;
    [...this.list.children].forEach((child, i) => child.setAttribute('aria-selected', String(i === index)));
    this.field.setAttribute('aria-activedescendant', `chat-name-${index}`);
  }

  private insertName(index: number): void {
    const { field, prefix } = this;
    const user = this.users[index];
    if (!user || prefix === null) return this.close();
    const end = field.selectionStart;
    field.setRangeText(`@${user.name} `, end - prefix.length - 1, end, 'end');
    this.close();
    field.dispatchEvent(new Event('input'));
  }

  private close(): void {
    clearTimeout(this.timer);
    this.asked++;
    this.list.hidden = true;
    this.field.setAttribute('aria-expanded', 'false');
    this.field.removeAttribute('aria-activedescendant');
  }
}

function option(name: string, index: number): HTMLElement {
  const row = element('div', 'chat-names-row');
  row.id = `chat-name-${index}`;
  row.setAttribute('role', 'option');
  row.dir = 'auto';
  row.textContent = name;
  return row;
}
