import type { Item } from './types.js';

/** A timed object of a room: what was written during one segment. */
export interface ChatObject {
  n: number;
  /** Program date time of the segment in Unix milliseconds. */
  date: number;
  durationMs: number;
  items: number;
  /** Where it is, from the index. */
  file: string;
}

export interface ObjectIndex {
  /** The number that comes next. */
  next: number;
  objects: ChatObject[];
}

/** A day of two-second segments. */
const MOST_OBJECTS = 50_000;
const MOST_ITEMS = 5000;
const LONGEST_TEXT = 2000;

/** What an index may say of where an object is: beside it, or in a publication's folder. */
const FILE = /^(\.\.\/)*[\w-]+(\/[\w-]+)*\.json$/;

/** Reads chat/index.json; null if it is none. */
export function parseIndex(json: unknown): ObjectIndex | null {
  const { version, next, objects } = fieldsOf(json);
  if (version !== 1 || !Array.isArray(objects) || objects.length > MOST_OBJECTS) return null;
  const parsed: ChatObject[] = [];
  for (const object of objects) {
    const { n, date, duration, items, uri } = fieldsOf(object);
    if (!isCount(n) || !isCount(date)) return null;
    parsed.push({ n, date, durationMs: isCount(duration) ? duration : 0, items: isCount(items) ? items : 0, file: typeof uri === 'string' && FILE.test(uri) ? uri : `${n}.json` });
  }
  parsed.sort((a, b) => a.n - b.n);
  return { next: isCount(next) ? next : (parsed.at(-1)?.n ?? -1) + 1, objects: parsed };
}

/** The items of chat/N.json; what can't be read is left out. */
export function parseObject(json: unknown): Item[] {
  const { items } = fieldsOf(json);
  return Array.isArray(items) ? items.slice(0, MOST_ITEMS).filter(isItem) : [];
}

function isItem(value: unknown): value is Item {
  const { type, id, text, at, sent, user } = fieldsOf(value);
  if (!isCount(sent)) return false;
  if (type === 'wave') return isCount(at);
  if (type !== undefined) return type === 'room' || type === 'delete';
  const author = fieldsOf(user);
  return typeof id === 'string' && typeof text === 'string' && text.length <= LONGEST_TEXT && isCount(at) && typeof author.id === 'string' && typeof author.name === 'string';
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/**
 * The objects that matter when the picture is at a date: from a little before, for what
 * was written by those who are behind, to some time ahead. Empty ones don't.
 */
export function objectsFor(index: ObjectIndex, date: number, beforeMs: number, aheadMs: number): ChatObject[] {
  return index.objects.filter((object) => object.items > 0 && object.date + object.durationMs > date - beforeMs && object.date <= date + aheadMs);
}
