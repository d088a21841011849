import type { DateSpan } from '../net/route';
import { clamp, type Span } from './clipspan';
import type { PlaybackStats } from './playbackstats';
import type { StartPosition, Player } from './player';
import { Rewind } from './rewind';
import { dateAt, timeAt } from './segmentdates';

/** A shorter stretch is no more than the live window's usual length. */
const SHORTEST_DVR = 20;
/** Segments that leave the window next are out of reach when a seek arrives. */
const WINDOW_MARGIN = 6;
/** Closer to the end of a clip than this is its end. */
const END_SLACK = 0.3;

/** The playback position, the range that can be sought, and seeking by the viewer. */
export class Playhead extends EventTarget {
  readonly rewind = new Rewind();
  /** The live stream can be sought in: the server keeps more than the live window. */
  dvr = false;
  /** Only this stretch is played: the source may begin and end at segment boundaries around it. */
  clip: DateSpan | null = null;

  constructor(
    private readonly player: Player,
    private readonly measure: PlaybackStats,
  ) {
    super();
    // Going on after a pause leaves the viewer behind by choice. The first start does not.
    player.video.addEventListener('play', () => {
      if (this.isLive && player.video.currentTime > 0) this.rewind.setByPosition(this.behind);
    });
    player.resumePosition = () => this.place;
  }

  get isLive(): boolean {
    return this.player.source.live;
  }

  get time(): number {
    return this.player.video.currentTime;
  }

  /** Seconds of media time between which one may seek; null: there is nowhere to go. */
  get range(): Span | null {
    if (!this.player.loaded || this.player.failed) return null;
    const whole = this.wholeRange();
    if (!whole) return null;
    if (this.isLive) return this.dvr && whole.end - whole.start >= SHORTEST_DVR ? whole : null;
    const clip = this.clip;
    const start = clip ? this.timeOf(clip.start) : null;
    const end = clip ? this.timeOf(clip.end) : null;
    const trimmed = { start: clamp(start ?? whole.start, whole), end: clamp(end ?? whole.end, whole) };
    return trimmed.end > trimmed.start ? trimmed : whole;
  }

  /** Seconds behind the live position; 0 where nothing is live. */
  get behind(): number {
    const live = this.isLive ? this.measure.livePosition : null;
    return live === null ? 0 : Math.max(0, live - this.time);
  }

  /** The program date time in the picture, in Unix milliseconds. */
  get date(): number | null {
    return this.dateOf(this.time);
  }

  dateOf(time: number): number | null {
    const { segments, startDate } = this.player;
    if (startDate !== null) return Math.round(startDate + time * 1000);
    return dateAt(segments, time);
  }

  timeOf(date: number): number | null {
    const { segments, startDate } = this.player;
    if (startDate !== null) return (date - startDate) / 1000;
    return timeAt(segments, date);
  }

  /** Nothing is left to play: the end of the recording, or of the clip. */
  get atEnd(): boolean {
    const { range } = this;
    return !this.isLive && range !== null && (this.player.video.ended || this.time >= range.end - END_SLACK);
  }

  seek(time: number): void {
    const { range } = this;
    if (!range) return;
    const { video } = this.player;
    const earliest = this.isLive ? { start: Math.min(range.start + WINDOW_MARGIN, range.end), end: range.end } : range;
    video.currentTime = clamp(time, earliest);
    if (this.isLive) this.rewind.setByPosition(this.behind);
    this.dispatchEvent(new Event('seek'));
  }

  step(seconds: number): void {
    this.seek(this.time + seconds);
  }

  /** To be called a few times per second. */
  update(): void {
    const { range } = this;
    const { video } = this.player;
    if (!this.isLive) {
      if (range && !video.paused && this.clip && this.time >= range.end) video.pause();
      return;
    }
    if (!video.seeking && video.readyState > 0 && this.measure.livePosition !== null) this.rewind.observe(this.behind);
    // The window slides over a paused picture. hls.js would go to the live edge then.
    if (range && this.rewind.active && !video.seeking && this.time < range.start) this.seek(range.start);
  }

  private get place(): StartPosition {
    const { date, isLive, rewind } = this;
    if (!isLive) return this.time > 0 ? { seconds: this.time } : null;
    return rewind.active && date !== null ? { date } : null;
  }

  private wholeRange(): Span | null {
    const { segments, video } = this.player;
    const first = segments[0];
    const final = segments.at(-1);
    const { seekable } = video;
    let start = first?.start;
    let end = final && final.start + final.duration;
    if (start === undefined || end === undefined) {
      if (seekable.length === 0) return null;
      start = seekable.start(0);
      end = seekable.end(seekable.length - 1);
    }
    // The segment in the making, of which there are only parts yet, can be played, too.
    if (this.isLive) end = this.measure.livePosition ?? end;
    return end > start ? { start, end } : null;
  }
}
