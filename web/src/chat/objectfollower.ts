import { loadIndex, loadObject } from './loadobjects';
import type { Item } from './types';

/** Milliseconds of messages that are shown on arrival. */
const ON_ARRIVAL = 60_000;
/** After an interruption: the newest of what was missed. */
const MAX_OBJECTS_AT_ONCE = 30;
const RETRY = 2000;
const LONGEST_RETRY = 15_000;
const PARALLEL_REQUESTS = 4;

/** Follows a room by its timed objects, as a player reads a playlist: for networks that block WebSockets. */
export class ObjectFollower {
  private stopping: AbortController | null = null;
  private next: number | null = null;

  constructor(
    private readonly folder: () => string,
    private readonly onItems: (items: Item[]) => void,
  ) {}

  get running(): boolean {
    return this.stopping !== null;
  }

  start(): void {
    if (this.stopping) return;
    this.stopping = new AbortController();
    this.next = null;
    void this.run(this.stopping.signal);
  }

  stop(): void {
    this.stopping?.abort();
    this.stopping = null;
  }

  private async run(stop: AbortSignal): Promise<void> {
    let delay = RETRY;
    while (!stop.aborted) {
      try {
        if (await this.readNext(stop)) {
          delay = RETRY;
          continue;
        }
      } catch {
        // Nobody answers: later.
      }
      if (stop.aborted) return;
      await new Promise((resolve) => window.setTimeout(resolve, delay));
      delay = Math.min(delay * 2, LONGEST_RETRY);
    }
  }

  /** Waits for what is next, and reads it. False when there is nothing to read. */
  private async readNext(stop: AbortSignal): Promise<boolean> {
    const index = await loadIndex(this.folder(), this.next, stop);
    if (!index) return false;
    const { next } = this;
    // A server that began anew counts from the start again.
    const known = next === null || index.next < next ? null : next;
    const newest = index.objects.at(-1)?.date ?? 0;
    const wanted = index.objects.filter(({ n, date, items }) => items > 0 && (known === null ? date >= newest - ON_ARRIVAL : n >= known)).slice(-MAX_OBJECTS_AT_ONCE);
    const advanced = index.next !== next;
    for (let i = 0; i < wanted.length; i += PARALLEL_REQUESTS) {
      const loaded = await Promise.all(wanted.slice(i, i + PARALLEL_REQUESTS).map(({ file }) => loadObject(this.folder(), file, stop)));
      if (stop.aborted) return true;
      this.onItems(loaded.flat());
    }
    this.next = index.next;
    return advanced;
  }
}
