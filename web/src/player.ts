import Hls, { Events } from 'hls.js';
import { startPlayback } from './autoplay';
import { Budget } from './budget';
import { hlsConfig } from './hlsconfig';
import { Recovery } from './recovery';

const NATIVE_TYPE = 'application/vnd.apple.mpegurl';

/**
 * Loads the stream into the video element: through hls.js wherever there are media
 * source extensions, else by the browser itself (iPhone). Dispatches "levels" when
 * the choice of qualities, or the one playing, has changed.
 */
export class Player extends EventTarget {
  hls: Hls | null = null;
  /** What was loaded last; stays after a failure, so that a new publication is noticed. */
  publication = '';
  loaded = false;
  failed = false;
  /** The viewer pressed pause, as opposed to a stream that ran dry. */
  pausedByViewer = false;

  private readonly rebuilds = new Budget(3, 120_000);

  constructor(
    readonly video: HTMLVideoElement,
    private readonly url: string,
  ) {
    super();
    video.addEventListener('play', () => {
      this.pausedByViewer = false;
    });
    video.addEventListener('pause', () => {
      this.pausedByViewer = this.loaded && !video.ended;
    });
    video.addEventListener('error', () => {
      // hls.js handles its own errors; this one is for the browser's own player.
      if (this.loaded && !this.hls) this.rebuild();
    });
  }

  load(publication: string): void {
    this.unload();
    this.publication = publication;
    this.loaded = true;
    if (Hls.isSupported()) this.loadHls();
    else if (this.video.canPlayType(NATIVE_TYPE)) this.video.src = this.url;
    else return this.fail();
    if (!this.pausedByViewer) void startPlayback(this.video);
  }

  unload(): void {
    if (!this.loaded) return;
    this.loaded = false;
    this.failed = false;
    if (this.hls) {
      this.hls.destroy();
      this.hls = null;
    } else {
      this.video.removeAttribute('src');
      this.video.load();
    }
    this.dispatchEvent(new Event('levels'));
  }

  /** Starts over, unless that was in vain a few times already. */
  rebuild(): void {
    if (this.rebuilds.spend()) this.load(this.publication);
    else this.fail();
  }

  /** The viewer wants another try. */
  retry(): void {
    this.rebuilds.reset();
    this.load(this.publication);
  }

  private loadHls(): void {
    const hls = new Hls(hlsConfig);
    this.hls = hls;
    new Recovery(hls, this.url, () => this.rebuild());
    const levelsChanged = () => this.dispatchEvent(new Event('levels'));
    hls.on(Events.MANIFEST_PARSED, levelsChanged);
    hls.on(Events.LEVELS_UPDATED, levelsChanged);
    hls.on(Events.LEVEL_SWITCHED, levelsChanged);
    hls.loadSource(this.url);
    hls.attachMedia(this.video);
  }

  private fail(): void {
    this.unload();
    this.loaded = true;
    this.failed = true;
  }
}
