import { loadObject } from './loadobjects';
import { objectsFor, type ObjectIndex, type ChatObject } from './objectindex';
import type { Item } from './types';

/** So much of the chat before the picture's moment is shown after a seek. */
const BEFORE = 60_000;
const AHEAD = 30_000;
/** Objects in memory, about half an hour of two-second ones. */
const MAX_CACHED = 900;
const PARALLEL_REQUESTS = 8;
/** A picture that moves by more between two looks, back or on, was sought. */
const BACK = 1500;
const JUMP = 5000;
const RETRY = 3000;

export interface ReplayTarget {
  /** Begins anew at a date, with what was written before it. */
  reset(items: Item[], date: number): void;
  items(items: Item[]): void;
}

/** Plays a recording's chat: loads its timed objects a little ahead of the picture, also after a seek. */
export class Replay {
  private readonly stopping = new AbortController();
  private readonly cache = new Map<number, Item[]>();
  private delivered = new Set<number>();
  private last: number | null = null;
  private loading = false;
  private deliveringFromStart = false;
  private pauseUntil = 0;

  constructor(
    private readonly folder: () => string,
    private readonly index: ObjectIndex,
    private readonly target: ReplayTarget,
  ) {}

  stop(): void {
    this.stopping.abort();
  }

  /** To be called a few times per second with the picture's date. */
  tick(date: number, now: number): void {
    const jumped = this.last === null || date < this.last - BACK || date > this.last + JUMP;
    this.last = date;
    const wanted = objectsFor(this.index, date, BEFORE, AHEAD);
    if (jumped) {
      this.deliveringFromStart = true;
      this.deliverFromStart(wanted, date);
    }
    const missing = wanted.filter(({ n }) => !this.cache.has(n));
    if (missing.length > 0) void this.load(missing.slice(0, PARALLEL_REQUESTS), now);
    else this.deliver(wanted);
  }

  private async load(objects: ChatObject[], now: number): Promise<void> {
    if (this.loading || now < this.pauseUntil) return;
    this.loading = true;
    try {
      const loaded = await Promise.all(objects.map(({ file }) => loadObject(this.folder(), file, this.stopping.signal)));
      objects.forEach(({ n }, i) => this.cacheObject(n, loaded[i] as Item[]));
      if (this.last === null || this.stopping.signal.aborted) return;
      const wanted = objectsFor(this.index, this.last, BEFORE, AHEAD);
      if (this.deliveringFromStart) this.deliverFromStart(wanted, this.last);
      else this.deliver(wanted);
    } catch {
      this.pauseUntil = performance.now() + RETRY;
    } finally {
      this.loading = false;
    }
  }

  /** After a seek: what was written before the picture's moment, as far as it is there, in its order. */
  private deliverFromStart(wanted: ChatObject[], date: number): void {
    const there = wanted.filter(({ n }) => this.cache.has(n));
    this.delivered = new Set(there.map(({ n }) => n));
    this.deliveringFromStart = wanted.some((object) => object.date <= date && !this.cache.has(object.n));
    this.target.reset(there.flatMap(({ n }) => this.cache.get(n) as Item[]), date);
  }

  /** Delivers in order up to the first object that is not loaded yet. */
  private deliver(wanted: ChatObject[]): void {
    const items: Item[] = [];
    for (const { n } of wanted) {
      const object = this.cache.get(n);
      if (!object) break;
      if (this.delivered.has(n)) continue;
      this.delivered.add(n);
      items.push(...object);
    }
    if (items.length > 0) this.target.items(items);
  }

  private cacheObject(n: number, items: Item[]): void {
    this.cache.set(n, items);
    if (this.cache.size > MAX_CACHED) this.cache.delete(this.cache.keys().next().value as number);
  }
}
