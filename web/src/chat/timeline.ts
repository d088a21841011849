import { isMessage, type Delete, type Item, type Message, type RoomEvent } from './types.js';

/** What the list has to do about it. */
export type Change =
  | { kind: 'added'; messages: Message[] }
  | { kind: 'removed'; ids: Set<string> }
  /** Everything may be another: it was sought, or loaded anew. */
  | { kind: 'rebuilt' };

export interface Limits {
  /** Messages that are kept for scrolling back. */
  shown: number;
  /** Items that wait for the picture. */
  waiting: number;
}

/** Messages that are shown stay when the picture goes back by less: a frame's step, or a date measured anew. */
const SHORT_STEP_BACK = 1500;
const LIMITS: Limits = { shown: 2000, waiting: 2000 };
/** Deleted messages and users that are remembered, in case the same items are loaded again. */
const KEPT_DELETES = 1000;

/**
 * The messages that are shown. With a picture's date to follow, a message is shown as
 * soon as a picture of its date, or of a later one, is on the screen, and never earlier.
 * When the picture goes back, the messages after it wait again. A message that arrives
 * after its picture is shown at once, at the end.
 */
export class Timeline {
  /** In the order of the list. */
  shown: Message[] = [];
  /** Something was not kept that would have been shown later. */
  overflowed = false;

  private waiting: Item[] = [];
  private readonly known = new Set<string>();
  private readonly deletedIDs = new Set<string>();
  private readonly deletedUsers = new Map<string, number>();
  /** Messages up to this date are due. Infinity: nothing waits; 0 until it is known what to follow. */
  private date = 0;
  /** The latest date since the list was last rebuilt: shown messages reach up to here. */
  private latestDate = 0;

  constructor(
    private readonly onChange: (change: Change) => void,
    /** An event whose time has come. */
    private readonly onEvent: (event: RoomEvent) => void = () => undefined,
    private readonly limits: Limits = LIMITS,
  ) {}

  /** Something is still to come. */
  get hasWaiting(): boolean {
    return this.waiting.length > 0;
  }

  has(id: string): boolean {
    return this.known.has(id);
  }

  /**
   * Messages, and events that wait for the picture; what is known already is left out.
   * The viewer's own messages are shown at once, whatever the clocks say.
   */
  add(items: readonly Item[], own = ''): void {
    const due: Item[] = [];
    let late = false;
    for (const given of items) {
      const key = keyOf(given);
      if (this.known.has(key) || this.isDeleted(given)) continue;
      this.known.add(key);
      const mine = own !== '' && this.date > 0 && isMessage(given) && given.user.id === own;
      const item = mine ? { ...given, at: Math.min(given.at, this.date) } : given;
      if (dateOf(item) <= this.date) due.push(item);
      else {
        this.waiting.push(item);
        late = true;
      }
    }
    if (late) this.sortWaiting();
    this.show(due);
  }

  /** The picture is at a date now; Infinity shows all there is. */
  follow(date: number): void {
    const { latestDate } = this;
    this.date = date;
    if (latestDate === Infinity) this.latestDate = date;
    else if (latestDate - date >= SHORT_STEP_BACK) return this.rebuild();
    else this.latestDate = Math.max(latestDate, date);
    const due = this.waiting.findIndex((item) => dateOf(item) > date);
    if (due === 0 || this.waiting.length === 0) return;
    this.show(this.waiting.splice(0, due < 0 ? this.waiting.length : due));
  }

  /** A picture is coming, and its date is not known yet: what arrives from now on waits for it. */
  hold(): void {
    if (this.date !== Infinity) return;
    this.date = 0;
    this.latestDate = 0;
  }

  delete(event: Delete): void {
    for (const id of event.ids ?? []) remember(this.deletedIDs, id);
    if (event.user) {
      this.deletedUsers.delete(event.user);
      this.deletedUsers.set(event.user, event.sent);
      if (this.deletedUsers.size > KEPT_DELETES) this.deletedUsers.delete(this.deletedUsers.keys().next().value as string);
    }
    this.waiting = this.waiting.filter((item) => !this.isDeleted(item));
    const ids = new Set(this.shown.filter((message) => this.isDeleted(message)).map((message) => message.id));
    if (ids.size === 0) return;
    this.onChange({ kind: 'removed', ids });
  }

  /** Removes deleted messages from the shown ones; the rows of moderators stay until the next drawing. */
  removeShown(ids: ReadonlySet<string>): void {
    this.shown = this.shown.filter((message) => !ids.has(message.id));
  }

  /** Forgets all and begins with these. */
  reset(items: readonly Item[], date: number): void {
    this.shown = [];
    this.waiting = [];
    this.known.clear();
    this.overflowed = false;
    this.date = date;
    for (const item of items) {
      if (this.known.has(keyOf(item)) || this.isDeleted(item)) continue;
      this.known.add(keyOf(item));
      this.waiting.push(item);
    }
    this.rebuild();
  }

  private rebuild(): void {
    this.latestDate = this.date;
    const all = [...this.shown, ...this.waiting].sort(byDate);
    const due = all.findIndex((item) => dateOf(item) > this.date);
    const past = due < 0 ? all : all.slice(0, due);
    this.waiting = due < 0 ? [] : all.slice(due);
    this.shown = past.filter(isMessage);
    this.removeOverflow();
    this.onChange({ kind: 'rebuilt' });
    // Of a room's settings the last hold; waves that have passed are over.
    const settings = past.findLast((item) => !isMessage(item) && item.type === 'room');
    if (settings) this.onEvent(settings as RoomEvent);
  }

  private show(items: Item[]): void {
    if (items.length === 0) return this.removeOverflow();
    const messages = items.filter(isMessage);
    this.shown.push(...messages);
    this.removeOverflow();
    if (messages.length > 0) this.onChange({ kind: 'added', messages });
    for (const item of items) if (!isMessage(item)) this.onEvent(item);
  }

  private removeOverflow(): void {
    const { shown, waiting, limits } = this;
    // With some slack, so that it isn't done for each message.
    if (shown.length > limits.shown * 1.1) this.forget(shown.splice(0, shown.length - limits.shown));
    if (waiting.length <= limits.waiting) return;
    this.overflowed = true;
    this.forget(waiting.splice(limits.waiting));
  }

  private forget(items: readonly Item[]): void {
    for (const item of items) this.known.delete(keyOf(item));
  }

  private sortWaiting(): void {
    this.waiting.sort(byDate);
    this.removeOverflow();
  }

  private isDeleted(item: Item): boolean {
    if (!isMessage(item)) return false;
    return this.deletedIDs.has(item.id) || item.sent <= (this.deletedUsers.get(item.user.id) ?? -1);
  }
}

/** When an item is due: a message and a wave with the picture, settings with the clock. */
function dateOf(item: Item): number {
  return 'at' in item ? item.at : item.sent;
}

function keyOf(item: Item): string {
  return isMessage(item) ? item.id : `${item.type} ${item.sent}`;
}

function byDate(a: Item, b: Item): number {
  return dateOf(a) - dateOf(b) || (keyOf(a) < keyOf(b) ? -1 : 1);
}

function remember(set: Set<string>, value: string): void {
  set.delete(value);
  set.add(value);
  if (set.size > KEPT_DELETES) set.delete(set.values().next().value as string);
}
