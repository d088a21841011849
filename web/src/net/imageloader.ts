/** A picture that has been loaded. */
export interface Picture {
  url: string;
  width: number;
  height: number;
}

/** So long must the viewer point at one picture before it is asked for, in milliseconds. */
const SETTLED = 120;
/** A picture that failed is asked for again after this long. */
const RETRY = 10_000;
/** So many of the last ones are kept. */
const MOST = 48;

/**
 * Loads pictures while somebody points here and there: one at a time, so that they never
 * take the connections that the show needs, and of those asked for meanwhile the last.
 */
export class Pictures {
  private readonly loaded = new Map<string, Picture>();
  private readonly failed = new Map<string, number>();
  private wanted: string | null = null;
  private loading = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly load: (url: string) => Promise<Picture>,
    /** Something was loaded or has failed. */
    private readonly changed: () => void,
  ) {}

  /** The picture, null if it can't be had, or undefined while it is on its way. */
  get(url: string): Picture | null | undefined {
    const picture = this.loaded.get(url);
    if (picture) {
      this.leave();
      return picture;
    }
    if (this.wanted === url) return undefined;
    this.leave();
    if (Date.now() < (this.failed.get(url) ?? 0)) return null;
    this.wanted = url;
    this.timer = setTimeout(() => void this.next(), SETTLED);
    return undefined;
  }

  /** Nobody points at anything any more. */
  leave(): void {
    this.wanted = null;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  clear(): void {
    this.leave();
    this.loaded.clear();
    this.failed.clear();
  }

  private async next(): Promise<void> {
    this.timer = undefined;
    const url = this.wanted;
    if (url === null || this.loading) return;
    this.loading = true;
    try {
      const picture = await this.load(url);
      keep(this.loaded, url, picture);
    } catch {
      keep(this.failed, url, Date.now() + RETRY);
    }
    this.loading = false;
    if (this.wanted === url) this.wanted = null;
    else if (this.timer === undefined) void this.next();
    this.changed();
  }
}

/** Maps list what was set first in front. */
function keep<T>(map: Map<string, T>, url: string, value: T): void {
  map.delete(url);
  map.set(url, value);
  for (const oldest of map.keys()) {
    if (map.size <= MOST) break;
    map.delete(oldest);
  }
}
