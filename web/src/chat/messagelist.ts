import { element, noteRow } from './messagerow';
import type { Message } from './types';

/** Rows in the document while one is at the end: more than a tall screen shows. */
const AT_END = 80;
/** Rows that are added at an end of the drawn ones, and their maximum. */
const ROWS_PER_STEP = 40;
const MAX_ROWS = 240;
/** So near to an end is at it. */
const NEAR_END = 400;
const AT_BOTTOM = 24;
/** New rows come together, so that a busy room costs ten layouts a second and not sixty. */
const FLUSH = 80;
const FLASH = 1600;

export interface ListSource {
  /** All that is shown, in order; the array may be another each time. */
  messages: () => readonly Message[];
  draw: (message: Message) => HTMLElement;
}

/**
 * A window onto the messages: of thousands only those near what one reads are in the
 * document. At the end it follows; after scrolling up it stays, and new messages are
 * only counted. The scroller is a reversed column, which stays at its end by itself
 * when rows are added or the keyboard takes half of it.
 */
export class MessageList extends EventTarget {
  readonly scroller = element('div', 'chat-list');
  private readonly rows = element('div', 'chat-rows');
  /** After the messages: pending ones of this viewer, and notes. */
  readonly tail = element('div', 'chat-tail');
  private readonly moreButton = element('button', 'chat-more');
  readonly root = element('div', 'chat-view');

  /** IDs of the first and last drawn messages; everything between is drawn. */
  private first = '';
  private lastDrawn = '';
  private following = true;
  private unread = 0;
  private timer = 0;
  private scrolling = false;

  constructor(private readonly source: ListSource) {
    super();
    const { scroller, rows, tail, moreButton, root } = this;
    scroller.tabIndex = 0;
    scroller.setAttribute('role', 'log');
    // The rate of a room is not one of speech: announcements are made apart.
    scroller.setAttribute('aria-live', 'off');
    scroller.setAttribute('aria-label', 'Messages');
    const content = element('div', 'chat-content');
    content.append(rows, tail);
    scroller.append(content);
    moreButton.type = 'button';
    moreButton.hidden = true;
    moreButton.addEventListener('click', () => this.toEnd());
    root.append(scroller, moreButton);
    scroller.addEventListener('scroll', () => this.onScroll(), { passive: true });
    scroller.addEventListener('keydown', (event) => this.onKey(event));
  }

  get atEnd(): boolean {
    return this.following;
  }

  /** Messages were added at the end. */
  onMessagesAdded(count: number): void {
    if (!this.following) {
      this.unread += count;
      this.showUnread();
      return;
    }
    this.timer ||= window.setTimeout(() => this.flush(), FLUSH);
  }

  /** Anything may have changed. */
  redraw(): void {
    this.unread = 0;
    this.following = true;
    this.drawEnd(true);
    this.scroller.scrollTop = 0;
  }

  /** Draws again what is drawn, because it looks different now. */
  refresh(): void {
    if (this.following) return this.drawEnd(true);
    this.keepPlace(() => {
      const all = this.source.messages();
      const from = Math.max(0, all.findIndex(({ id }) => id === this.first));
      const to = all.findIndex(({ id }) => id === this.lastDrawn);
      this.rows.replaceChildren(...all.slice(from, to < 0 ? undefined : to + 1).map(this.source.draw));
    });
  }

  /** The rows of these messages, as far as they are drawn. */
  rowsOf(ids: ReadonlySet<string>): HTMLElement[] {
    return this.drawnRows.filter((row) => ids.has(row.dataset.id ?? ''));
  }

  remove(ids: ReadonlySet<string>): void {
    this.keepPlace(() => {
      for (const row of this.rowsOf(ids)) row.remove();
      this.rememberDrawn();
    });
  }

  setTail(rows: HTMLElement[]): void {
    const notes = [...this.tail.querySelectorAll('.chat-note-row')];
    this.tail.replaceChildren(...notes, ...rows);
  }

  addNote(text: string): void {
    const row = noteRow(text);
    this.tail.prepend(row);
    window.setTimeout(() => row.remove(), 12_000);
  }

  toEnd(): void {
    this.redraw();
  }

  /** Shows a message and lights it up. False if it isn't kept any more. */
  scrollToMessage(id: string): boolean {
    const all = this.source.messages();
    const index = all.findIndex((message) => message.id === id);
    if (index < 0) return false;
    let row = this.drawnRows.find((candidate) => candidate.dataset.id === id);
    if (!row) {
      this.leaveEnd();
      this.rows.replaceChildren(...all.slice(Math.max(0, index - ROWS_PER_STEP), index + ROWS_PER_STEP).map(this.source.draw));
      this.rememberDrawn();
      row = this.drawnRows.find((candidate) => candidate.dataset.id === id);
    }
    row?.scrollIntoView({ block: 'center' });
    row?.classList.add('flash');
    window.setTimeout(() => row?.classList.remove('flash'), FLASH);
    row?.focus({ preventScroll: true });
    return true;
  }

  /** Draws what was added without waiting for more. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.following) this.drawEnd(false);
  }

  /** The last rows; those that are there already stay as they are. */
  private drawEnd(anew: boolean): void {
    const wanted = this.source.messages().slice(-AT_END);
    const { rows } = this;
    const from = anew ? -1 : wanted.findIndex(({ id }) => id === this.lastDrawn);
    if (from < 0) rows.replaceChildren(...wanted.map(this.source.draw));
    else {
      rows.append(...wanted.slice(from + 1).map(this.source.draw));
      while (rows.childElementCount > AT_END) rows.firstElementChild?.remove();
    }
    this.rememberDrawn();
    this.showUnread();
  }

  private onScroll(): void {
    if (this.scrolling) return;
    this.scrolling = true;
    requestAnimationFrame(() => {
      this.scrolling = false;
      this.onScrolled();
    });
  }

  /** A reversed column scrolls from 0, its end, to what is negative. */
  private onScrolled(): void {
    const { scroller } = this;
    const below = -scroller.scrollTop;
    const above = scroller.scrollHeight - scroller.clientHeight - below;
    const all = this.source.messages();
    const complete = all.length === 0 || all.at(-1)?.id === this.lastDrawn;
    if (below <= AT_BOTTOM && (complete || this.following)) return this.followEnd();
    if (this.following) this.leaveEnd();
    if (above < NEAR_END) this.drawMore(-1);
    else if (below < NEAR_END && !complete) this.drawMore(1);
  }

  private followEnd(): void {
    if (this.following) return;
    this.following = true;
    this.unread = 0;
    this.drawEnd(false);
  }

  private leaveEnd(): void {
    if (!this.following) return;
    this.flush();
    this.following = false;
    this.showUnread();
  }

  private drawMore(way: 1 | -1): void {
    const all = this.source.messages();
    const { rows } = this;
    const edge = all.findIndex(({ id }) => id === (way < 0 ? this.first : this.lastDrawn));
    if (edge < 0 || (way < 0 && edge === 0)) return;
    this.keepPlace(() => {
      if (way < 0) rows.prepend(...all.slice(Math.max(0, edge - ROWS_PER_STEP), edge).map(this.source.draw));
      else rows.append(...all.slice(edge + 1, edge + 1 + ROWS_PER_STEP).map(this.source.draw));
      while (rows.childElementCount > MAX_ROWS) (way < 0 ? rows.lastElementChild : rows.firstElementChild)?.remove();
      this.rememberDrawn();
    });
  }

  /** Changes rows without moving the one that is being read. */
  private keepPlace(change: () => void): void {
    if (this.following) return change();
    const top = this.scroller.getBoundingClientRect().top;
    const anchor = this.drawnRows.find((row) => row.getBoundingClientRect().bottom > top);
    const before = anchor?.getBoundingClientRect().top ?? 0;
    const id = anchor?.dataset.id;
    change();
    const after = this.drawnRows.find((row) => row.dataset.id === id);
    if (after) this.scroller.scrollTop += after.getBoundingClientRect().top - before;
  }

  private rememberDrawn(): void {
    const { rows } = this;
    this.first = (rows.firstElementChild as HTMLElement | null)?.dataset.id ?? '';
    this.lastDrawn = (rows.lastElementChild as HTMLElement | null)?.dataset.id ?? '';
  }

  private showUnread(): void {
    const { moreButton, unread, following } = this;
    moreButton.hidden = following;
    moreButton.textContent = unread === 0 ? 'To the newest' : unread === 1 ? '1 new message' : `${unread.toLocaleString()} new messages`;
    moreButton.classList.toggle('fresh', unread > 0);
  }

  /** Arrows go from row to row; buttons within are reached from there. */
  private onKey(event: KeyboardEvent): void {
    const { drawnRows: all } = this;
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const next = { ArrowUp: at < 0 ? all.length - 1 : at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined || (event.key === 'ArrowDown' && at < 0)) return;
    event.preventDefault();
    event.stopPropagation();
    const row = all[next];
    if (row) row.focus();
    else if (event.key === 'ArrowDown') this.dispatchEvent(new Event('leave'));
  }

  private get drawnRows(): HTMLElement[] {
    return [...this.rows.children] as HTMLElement[];
  }
}
