import { icon } from '../ui/dom';
import { clockTime } from './format';
import { element } from './messagerow';
import type { Message } from './types';

/** A line of a message's menu. */
export interface MessageAction {
  label: string;
  danger?: boolean;
  run: () => void;
}

/** What else can be done with a message. The row is where a dialog may point to. */
export type MessageMenu = (message: Message, row: HTMLElement) => MessageAction[];

/** The buttons of the row that is pointed at, or has the focus, and its menu. One for all rows. */
export class RowMenu {
  readonly menus: MessageMenu[] = [];
  private readonly bar = element('div', 'chat-bar');
  private readonly time = element('time', 'chat-menu-time');
  private readonly replyButton = barButton('reply', 'Reply');
  private readonly moreButton = barButton('more', 'More');
  private readonly menu = element('div', 'chat-menu');
  private row: HTMLElement | null = null;

  constructor(
    private readonly panel: HTMLElement,
    list: HTMLElement,
    private readonly messageOf: (id: string) => Message | undefined,
    private readonly reply: ((message: Message) => void) | null,
  ) {
    const { bar, menu, moreButton, replyButton } = this;
    replyButton.classList.add('reply');
    if (reply) bar.append(replyButton);
    bar.append(moreButton);
    menu.setAttribute('role', 'menu');
    menu.setAttribute('aria-label', 'Message');
    menu.hidden = true;
    moreButton.setAttribute('aria-haspopup', 'menu');
    panel.append(menu);
    const show = ({ target }: Event) => this.show((target as Element).closest<HTMLElement>('.chat-row[data-id]'));
    list.addEventListener('pointerover', (event) => {
      // A finger points at what it taps, not at what it scrolls.
      if (event.pointerType !== 'touch') show(event);
    });
    list.addEventListener('click', show);
    list.addEventListener('focusin', show);
    list.addEventListener('pointerleave', ({ pointerType }) => {
      if (pointerType !== 'touch' && menu.hidden && !list.contains(document.activeElement)) this.hide();
    });
    list.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.target as Element).matches('.chat-row')) this.open(event);
    });
    list.addEventListener('contextmenu', (event) => {
      const onRow = (event.target as Element).closest('.chat-row[data-id]');
      if (onRow && !(event.target as Element).closest('a') && getSelection()?.isCollapsed !== false) this.open(event);
    });
    replyButton.addEventListener('click', () => this.message && this.reply?.(this.message));
    moreButton.addEventListener('click', (event) => this.open(event));
    menu.addEventListener('keydown', (event) => this.onKey(event));
    document.addEventListener('pointerdown', ({ target }) => {
      if (menu.contains(target as Node) || moreButton.contains(target as Node)) return;
      this.close();
      if (!list.contains(target as Node)) this.hide();
    });
  }

  private get message(): Message | undefined {
    return this.messageOf(this.row?.dataset.id ?? '');
  }

  private show(row: HTMLElement | null): void {
    if (!row || row === this.row || !this.menu.hidden) return;
    this.row = row;
    if (!this.message || row.classList.contains('removed')) return this.hide();
    row.append(this.bar);
  }

  private hide(): void {
    this.bar.remove();
    this.row = null;
  }

  private open(event: Event): void {
    const { row, message, menu, panel, time } = this;
    if (!row || !message) return;
    event.preventDefault();
    event.stopPropagation();
    if (!menu.hidden) return this.close();
    const actions: MessageAction[] = [];
    if (this.reply) actions.push({ label: 'Reply', run: () => this.reply?.(message) });
    actions.push({ label: 'Copy text', run: () => void navigator.clipboard?.writeText(message.text) });
    for (const more of this.menus) actions.push(...more(message, row));
    time.textContent = clockTime(message.sent);
    time.dateTime = new Date(message.sent).toISOString();
    menu.replaceChildren(time, ...actions.map((action) => this.item(action)));
    menu.hidden = false;
    const place = panel.getBoundingClientRect();
    const at = row.getBoundingClientRect();
    const top = Math.min(at.top - place.top + 28, place.height - menu.offsetHeight - 8);
    menu.style.top = `${Math.max(8, top)}px`;
    this.items[0]?.focus();
  }

  private item({ label, danger, run }: MessageAction): HTMLElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.setAttribute('role', 'menuitem');
    button.className = danger ? 'chat-menu-item danger' : 'chat-menu-item';
    button.textContent = label;
    button.addEventListener('click', () => {
      this.close();
      run();
    });
    return button;
  }

  private close(): void {
    if (this.menu.hidden) return;
    const focused = this.menu.contains(document.activeElement);
    this.menu.hidden = true;
    if (focused && this.row?.isConnected) this.row.focus({ preventScroll: true });
  }

  private get items(): HTMLElement[] {
    return [...this.menu.querySelectorAll<HTMLElement>('[role=menuitem]')];
  }

  private onKey(event: KeyboardEvent): void {
    const { items } = this;
    const at = items.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: (at + 1) % items.length, ArrowUp: (at + items.length - 1) % items.length, Home: 0, End: items.length - 1 }[event.key];
    if (next !== undefined) items[next]?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function barButton(picture: string, label: string): HTMLButtonElement {
  const button = element('button', 'chat-bar-button');
  button.type = 'button';
  button.title = label;
  button.setAttribute('aria-label', label);
  button.append(icon(picture));
  return button;
}
