/** An author whose messages this viewer has blocked. */
export interface BlockedPerson {
  id: string;
  name: string;
}

const KEY = 'lightstick.chat.blocked';
const MOST = 500;

/** The authors that this viewer has blocked, kept in this browser for all rooms. The server does not know them. */
export class BlockList {
  private people = new Map<string, string>();

  constructor(
    private readonly storage: () => Pick<Storage, 'getItem' | 'setItem'>,
    private readonly onChange: () => void = () => undefined,
  ) {
    for (const { id, name } of read(storage)) this.people.set(id, name);
  }

  get list(): BlockedPerson[] {
    return [...this.people].map(([id, name]) => ({ id, name }));
  }

  has(id: string): boolean {
    return this.people.has(id);
  }

  /** Of more than 500 the first is let go. */
  add({ id, name }: BlockedPerson): void {
    this.people.set(id, name);
    if (this.people.size > MOST) this.people.delete(this.people.keys().next().value as string);
    this.store();
  }

  remove(id: string): void {
    if (this.people.delete(id)) this.store();
  }

  /** The messages that are left. */
  without<T extends { user: { id: string } }>(messages: readonly T[]): readonly T[] {
    return this.people.size === 0 ? messages : messages.filter(({ user }) => !this.people.has(user.id));
  }

  private store(): void {
    try {
      this.storage().setItem(KEY, JSON.stringify(this.list));
    } catch {
      // A browser that keeps nothing: it holds until the page is left.
    }
    this.onChange();
  }
}

function read(storage: () => Pick<Storage, 'getItem'>): BlockedPerson[] {
  try {
    const kept: unknown = JSON.parse(storage().getItem(KEY) ?? '[]');
    if (!Array.isArray(kept)) return [];
    return kept.filter((entry): entry is BlockedPerson => typeof entry?.id === 'string' && typeof entry?.name === 'string').slice(-MOST);
  } catch {
    return [];
  }
}
