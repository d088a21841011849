import Hls, { Events } from 'hls.js';
import { AttemptLimit } from './attemptlimit';
import { startPlayback } from './autoplay';
import { skipBufferGaps } from './buffergaps';
import { liveConfig, recordingConfig } from './hlsconfig';
import { LateAudio, hasAudio } from './lateaudio';
import { Pathways } from './pathways';
import { Recovery, refusedAnswer, type RefusedAnswer } from './recovery';
import { timeAt } from './segmentdates';
import type { ListedSegment } from './segmentpreview';

const NATIVE_TYPE = 'application/vnd.apple.mpegurl';

/** Where playback begins: seconds of media time or a program date time; without one, where the library likes. */
export type StartPosition = { seconds: number } | { date: number } | null;

export interface Source {
  url: string;
  live: boolean;
  /** The server's name for one broadcast of a live stream; "" for recordings. */
  publication: string;
  startPosition: StartPosition;
}

/**
 * Loads a source into the video element: through hls.js wherever there are media
 * source extensions, else by the browser itself (iPhone). Dispatches "levels" when
 * the choice of qualities, or the one playing, has changed, "loading" when there is a
 * new instance of hls.js, "refused" with the answer when a request was not allowed, and
 * "trouble" when the browser's own player does not tell what is wrong.
 */
export class Player extends EventTarget {
  hls: Hls | null = null;
  /** The pathways of hls; null without it. */
  pathways: Pathways | null = null;
  /** What was loaded last; stays after a failure, so that a new publication is noticed. */
  source: Source = { url: '', live: true, publication: '', startPosition: null };
  loaded = false;
  failed = false;
  /** The viewer pressed pause, as opposed to a stream that ran dry. */
  pausedByViewer = false;
  /** The position at which to resume when the same source is loaded again. */
  resumePosition: () => StartPosition = () => null;

  /** Maps a URL of a playlist to the URL to request. */
  resolveURL: (url: string) => string = (url) => url;

  private readonly rebuilds = new AttemptLimit(3, 120_000);

  constructor(readonly video: HTMLVideoElement) {
    super();
    skipBufferGaps(video);
    video.addEventListener('play', () => {
      this.pausedByViewer = false;
    });
    video.addEventListener('pause', () => {
      this.pausedByViewer = this.loaded && !video.ended;
    });
    video.addEventListener('error', () => {
      // hls.js handles its own errors; this one is for the browser's own player.
      if (!this.loaded || this.hls) return;
      this.dispatchEvent(new Event('trouble'));
      this.rebuild();
    });
  }

  load(source: Source): void {
    this.unload();
    this.source = source;
    this.loaded = true;
    if (Hls.isSupported()) this.loadHls();
    else if (this.video.canPlayType(NATIVE_TYPE)) this.loadNative();
    else this.fail();
  }

  unload(): void {
    if (!this.loaded) return;
    this.loaded = false;
    this.failed = false;
    if (this.hls) {
      this.hls.destroy();
      this.hls = null;
      this.pathways = null;
    } else {
      this.video.removeAttribute('src');
      this.video.load();
    }
    this.dispatchEvent(new Event('levels'));
  }

  /** Loads the source again at the same position, a few times at most. */
  rebuild(): void {
    if (this.rebuilds.tryAgain()) this.reload();
    else this.fail();
  }

  /** The viewer wants another try. */
  retry(): void {
    this.rebuilds.reset();
    this.reload();
  }

  /** The segments of the playlist in play; none while unknown, or with the browser's own player. */
  get segments(): readonly ListedSegment[] {
    return this.hls?.latestLevelDetails?.fragments ?? [];
  }

  /** The browser's own player only (Safari): the program date time of media time zero, in Unix milliseconds. */
  get startDate(): number | null {
    if (this.hls) return null;
    const start = (this.video as { getStartDate?: () => Date }).getStartDate?.().getTime() ?? NaN;
    return Number.isNaN(start) ? null : start;
  }

  private reload(): void {
    this.load({ ...this.source, startPosition: this.resumePosition() ?? this.source.startPosition });
  }

  private loadHls(): void {
    const { url, live, startPosition } = this.source;
    const hls = new Hls(live ? liveConfig : recordingConfig);
    this.hls = hls;
    hls.config.xhrSetup = (xhr, from) => {
      const to = this.resolveURL(from);
      if (to !== from) xhr.open('GET', to, true);
    };
    hls.on(Events.ERROR, (_event, data) => {
      const refused = refusedAnswer(data);
      if (!refused) return;
      hls.stopLoad();
      this.dispatchEvent(new CustomEvent<RefusedAnswer>('refused', { detail: refused }));
    });
    this.pathways = new Pathways(hls);
    new Recovery(hls, url, () => this.rebuild());
    if (live) this.watchForLateAudio(hls, url);
    this.dispatchEvent(new Event('loading'));
    const levelsChanged = () => this.dispatchEvent(new Event('levels'));
    hls.on(Events.MANIFEST_PARSED, levelsChanged);
    hls.on(Events.LEVELS_UPDATED, levelsChanged);
    hls.on(Events.LEVEL_SWITCHED, levelsChanged);
    if (startPosition && 'seconds' in startPosition) hls.config.startPosition = startPosition.seconds;
    hls.loadSource(url);
    if (!startPosition || !('date' in startPosition)) return this.attach(hls);
    // Only a playlist tells which media time a date is. Until then nothing must be fetched, so there is no media yet.
    hls.once(Events.LEVEL_LOADED, (_event, { details }) => {
      const time = timeAt(details.fragments, startPosition.date);
      if (time !== null && !(details.live && time >= details.edge)) {
        // Loading may be about to start by itself, when the first playlist was a media playlist.
        hls.config.startPosition = time;
        hls.startLoad(time);
      }
      this.attach(hls);
    });
  }

  /** Loads the source again when audio is added to a stream that was loaded without it. */
  private watchForLateAudio(hls: Hls, url: string): void {
    const late = new LateAudio();
    hls.on(Events.LEVEL_UPDATED, (_event, { details }) => {
      const silent = hls.audioTracks.length === 0 && hls.levels.every((level) => !level.audioCodec);
      if (silent && late.shouldReload(details.endCC, performance.now())) void this.checkForAudio(hls, url);
    });
  }

  private async checkForAudio(hls: Hls, url: string): Promise<void> {
    const playlist = await fetch(this.resolveURL(url))
      .then((response) => (response.ok ? response.text() : ''))
      .catch(() => '');
    if (this.hls === hls && hasAudio(playlist)) this.reload();
  }

  private attach(hls: Hls): void {
    hls.attachMedia(this.video);
    this.play();
  }

  private play(): void {
    if (!this.pausedByViewer) void startPlayback(this.video);
  }

  private loadNative(): void {
    const { url, startPosition } = this.source;
    const { video } = this;
    video.src = this.resolveURL(url);
    this.play();
    if (!startPosition) return;
    const seek = () => {
      const start = this.startDate;
      if ('seconds' in startPosition) video.currentTime = startPosition.seconds;
      else if (start !== null) video.currentTime = Math.max(0, (startPosition.date - start) / 1000);
    };
    video.addEventListener('loadedmetadata', seek, { once: true });
  }

  private fail(): void {
    this.unload();
    this.loaded = true;
    this.failed = true;
  }
}
