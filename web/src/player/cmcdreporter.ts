import { Events, type ErrorData } from 'hls.js';
import { encode, randomId, Word, type Value } from '../net/cmcd.js';
import { Mailbox } from '../net/reportqueue';
import { isLoadFailure } from './contentsteering';
import type { Measure } from './playbackstats';
import type { Player } from './player';

/** The interval that CTA-5004-B recommends is 30 s; CDNs are judged by the last minute. */
const INTERVAL = 20_000;
/** Shorter waits nobody sees. */
const SHORTEST_STALL = 100;
/** A broken CDN fails many requests at once: one report tells it. */
const ERROR_INTERVAL = 5000;

/** States of CTA-5004-B: starting, playing, seeking, rebuffering, paused, ended, fatal error. */
type State = 's' | 'p' | 'k' | 'r' | 'a' | 'e' | 'f';

/**
 * Tells the server how playback goes, as events of CMCD version 2: what is played from
 * which CDN, how long it took to begin, stalls and errors; nothing about the viewer.
 * hls.js can send such events too, but says nothing of latency, of how long stalls
 * took, or of errors that it got over by going to another CDN.
 */
export class Reports {
  private readonly session = randomId();
  private readonly mailbox = new Mailbox('/cmcd');
  private number = 0;
  private state: State | null = null;
  private wantedAt = 0;
  private begun = false;
  private startDelay: number | undefined;
  private starvedAt = 0;
  private starvedMs = 0;
  private bitrate = 0;
  private readonly erredAt = new Map<string, number>();

  constructor(
    private readonly player: Player,
    private readonly measure: Measure,
    private readonly content: () => string,
  ) {
    this.watchVideo();
    player.addEventListener('loading', () => this.watchPlayer());
    window.setInterval(() => {
      if (this.state === 'p' || this.state === 'r' || this.state === 's') this.report('t');
    }, INTERVAL);
    // One listener for both: on the window listeners run as they were added, capturing or not. 'q' is quit: who has closed the page counts no longer.
    window.addEventListener('pagehide', () => {
      if (this.state) this.report('ps', { sta: new Word('q') });
      this.mailbox.leave();
    });
    window.addEventListener('pageshow', ({ persisted }) => persisted && this.state && this.report('ps'));
  }

  private watchVideo(): void {
    const { video } = this.player;
    video.addEventListener('play', () => {
      if (this.begun) return;
      this.wantedAt ||= performance.now();
      this.become('s');
    });
    video.addEventListener('playing', () => {
      if (!this.begun) {
        this.begun = true;
        this.startDelay = performance.now() - (this.wantedAt || performance.now());
      }
      this.become('p');
    });
    video.addEventListener('waiting', () => this.begun && !video.seeking && this.become('r'));
    video.addEventListener('seeking', () => this.begun && this.become('k'));
    video.addEventListener('seeked', () => this.state === 'k' && this.become(video.paused ? 'a' : 'p'));
    video.addEventListener('pause', () => this.begun && !video.ended && this.become('a'));
    video.addEventListener('ended', () => this.become('e'));
  }

  private watchPlayer(): void {
    const { hls } = this.player;
    if (!hls) return;
    hls.on(Events.LEVEL_SWITCHED, (_event, { level }) => {
      const { averageBitrate, bitrate } = hls.levels[level] ?? {};
      const next = averageBitrate || bitrate || 0;
      if (next === this.bitrate) return;
      this.bitrate = next;
      this.report('bc');
    });
    // Another CDN has others to thank, or to blame, from now on.
    hls.on(Events.LEVELS_UPDATED, () => this.state && this.report('t'));
    hls.on(Events.ERROR, (_event, data) => this.onError(data));
  }

  private become(state: State): void {
    if (state === this.state) return;
    const now = performance.now();
    if (this.state === 'r' && now - this.starvedAt >= SHORTEST_STALL) this.starvedMs += now - this.starvedAt;
    if (state === 'r') this.starvedAt = now;
    this.state = state;
    this.report('ps');
  }

  private onError(data: ErrorData): void {
    if (!data.fatal && !isLoadFailure(data)) return;
    const cdn = this.player.pathways?.ofError(data) ?? '';
    const now = performance.now();
    if (now - (this.erredAt.get(cdn) ?? -Infinity) < ERROR_INTERVAL) return;
    this.erredAt.set(cdn, now);
    this.report('e', { ec: data.details, cdn });
  }

  private report(event: string, more: Record<string, Value> = {}): void {
    const { player, measure } = this;
    const { hls, source } = player;
    const latency = measure.latency;
    const starved = this.starved();
    this.mailbox.add(
      encode({
        v: 2,
        e: new Word(event),
        ts: Date.now(),
        sn: this.number++,
        sid: this.session,
        cid: this.content(),
        sf: new Word('h'),
        st: new Word(source.live ? 'l' : 'v'),
        sta: this.state ? new Word(this.state) : undefined,
        cdn: player.pathways?.current,
        br: this.bitrate > 0 ? this.bitrate / 1000 : undefined,
        bl: measure.bufferSeconds * 1000,
        mtp: hls && this.begun ? hls.bandwidthEstimate / 1000 : undefined,
        ltc: source.live && latency !== null ? latency * 1000 : undefined,
        msd: this.startDelay,
        bsd: starved,
        ...more,
      }),
    );
    this.startDelay = undefined;
  }

  /** Waited for the buffer since the last report, in milliseconds. */
  private starved(): number {
    const now = performance.now();
    let ms = this.starvedMs;
    this.starvedMs = 0;
    if (this.state === 'r' && now - this.starvedAt >= SHORTEST_STALL) {
      ms += now - this.starvedAt;
      this.starvedAt = now;
    }
    return ms;
  }
}
