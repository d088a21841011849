/** A picture that has been loaded. */
export interface LoadedImage {
  url: string;
  width: number;
  height: number;
}

/** Milliseconds that the viewer points at one picture before it is loaded. */
const POINTING_DELAY = 120;
/** A picture that failed is asked for again after this long. */
const RETRY_AFTER = 10_000;
/** The number of pictures kept. */
const MAX_IMAGES = 48;

/**
 * Loads preview pictures while the viewer moves over the bar: one at a time, so that media
 * requests keep their connections. Of the pictures asked for meanwhile only the last is loaded.
 */
export class ImageLoader {
  private readonly loaded = new Map<string, LoadedImage>();
  private readonly failed = new Map<string, number>();
  private wanted: string | null = null;
  private loading = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly load: (url: string) => Promise<LoadedImage>,
    /** Something was loaded or has failed. */
    private readonly changed: () => void,
  ) {}

  /** The picture, null if it can't be had, or undefined while it is on its way. */
  get(url: string): LoadedImage | null | undefined {
    const picture = this.loaded.get(url);
    if (picture) {
      this.cancel();
      return picture;
    }
    if (this.wanted === url) return undefined;
    this.cancel();
    if (Date.now() < (this.failed.get(url) ?? 0)) return null;
    this.wanted = url;
    this.timer = setTimeout(() => void this.loadNext(), POINTING_DELAY);
    return undefined;
  }

  /** The viewer points at nothing any more. */
  cancel(): void {
    this.wanted = null;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  clear(): void {
    this.cancel();
    this.loaded.clear();
    this.failed.clear();
  }

  private async loadNext(): Promise<void> {
    this.timer = undefined;
    const url = this.wanted;
    if (url === null || this.loading) return;
    this.loading = true;
    try {
      const picture = await this.load(url);
      setBounded(this.loaded, url, picture);
    } catch {
      setBounded(this.failed, url, Date.now() + RETRY_AFTER);
    }
    this.loading = false;
    if (this.wanted === url) this.wanted = null;
    else if (this.timer === undefined) void this.loadNext();
    this.changed();
  }
}

/** Maps list what was set first in front. */
function setBounded<T>(map: Map<string, T>, url: string, value: T): void {
  map.delete(url);
  map.set(url, value);
  for (const oldest of map.keys()) {
    if (map.size <= MAX_IMAGES) break;
    map.delete(oldest);
  }
}
