import { Events, type ErrorData } from 'hls.js';
import { encode, randomId, Word, type Value } from '../net/cmcd.js';
import { ReportQueue } from '../net/reportqueue';
import { isLoadFailure } from './contentsteering';
import type { PlaybackStats } from './playbackstats';
import type { Player } from './player';

/** The interval that CTA-5004-B recommends is 30 s; CDNs are judged by the last minute. */
const INTERVAL = 20_000;
/** Milliseconds. Shorter waits are not visible and don't count. */
const SHORTEST_STALL = 100;
/** A broken CDN fails many requests at once: one report is enough. */
const ERROR_INTERVAL = 5000;

/** States of CTA-5004-B: starting, playing, seeking, rebuffering, paused, ended, fatal error. */
type State = 's' | 'p' | 'k' | 'r' | 'a' | 'e' | 'f';

/**
 * Sends playback reports to the server as events of CMCD version 2: bitrate, CDN, start
 * delay, stalls and errors; nothing about the viewer.
 * hls.js can send such events too, but says nothing of latency, of how long stalls
 * took, or of errors that it got over by going to another CDN.
 */
export class CMCDReporter {
  private readonly session = randomId();
  private readonly queue = new ReportQueue('/cmcd');
  private sequenceNumber = 0;
  private state: State | null = null;
  private playRequestedAt = 0;
  private started = false;
  private startDelay: number | undefined;
  private rebufferingSince = 0;
  private rebufferedMs = 0;
  private bitrate = 0;
  private readonly lastErrorAt = new Map<string, number>();

  constructor(
    private readonly player: Player,
    private readonly measure: PlaybackStats,
    private readonly contentID: () => string,
  ) {
    this.listenToVideo();
    player.addEventListener('loading', () => this.listenToHls());
    window.setInterval(() => {
      if (this.state === 'p' || this.state === 'r' || this.state === 's') this.report('t');
    }, INTERVAL);
    // One listener, so that the report is added before the beacon is sent. 'q' is quit: a viewer who has closed the page no longer counts.
    window.addEventListener('pagehide', () => {
      if (this.state) this.report('ps', { sta: new Word('q') });
      this.queue.sendBeacon();
    });
    window.addEventListener('pageshow', ({ persisted }) => persisted && this.state && this.report('ps'));
  }

  private listenToVideo(): void {
    const { video } = this.player;
    video.addEventListener('play', () => {
      if (this.started) return;
      this.playRequestedAt ||= performance.now();
      this.setState('s');
    });
    video.addEventListener('playing', () => {
      if (!this.started) {
        this.started = true;
        this.startDelay = performance.now() - (this.playRequestedAt || performance.now());
      }
      this.setState('p');
    });
    video.addEventListener('waiting', () => this.started && !video.seeking && this.setState('r'));
    video.addEventListener('seeking', () => this.started && this.setState('k'));
    video.addEventListener('seeked', () => this.state === 'k' && this.setState(video.paused ? 'a' : 'p'));
    video.addEventListener('pause', () => this.started && !video.ended && this.setState('a'));
    video.addEventListener('ended', () => this.setState('e'));
  }

  private listenToHls(): void {
    const { hls } = this.player;
    if (!hls) return;
    hls.on(Events.LEVEL_SWITCHED, (_event, { level }) => {
      const { averageBitrate, bitrate } = hls.levels[level] ?? {};
      const next = averageBitrate || bitrate || 0;
      if (next === this.bitrate) return;
      this.bitrate = next;
      this.report('bc');
    });
    // Report before requests go to another CDN, so that each CDN gets its own figures.
    hls.on(Events.LEVELS_UPDATED, () => this.state && this.report('t'));
    hls.on(Events.ERROR, (_event, data) => this.onError(data));
  }

  private setState(state: State): void {
    if (state === this.state) return;
    const now = performance.now();
    if (this.state === 'r' && now - this.rebufferingSince >= SHORTEST_STALL) this.rebufferedMs += now - this.rebufferingSince;
    if (state === 'r') this.rebufferingSince = now;
    this.state = state;
    this.report('ps');
  }

  private onError(data: ErrorData): void {
    if (!data.fatal && !isLoadFailure(data)) return;
    const cdn = this.player.pathways?.cdnOfError(data) ?? '';
    const now = performance.now();
    if (now - (this.lastErrorAt.get(cdn) ?? -Infinity) < ERROR_INTERVAL) return;
    this.lastErrorAt.set(cdn, now);
    this.report('e', { ec: data.details, cdn });
  }

  private report(event: string, more: Record<string, Value> = {}): void {
    const { player, measure } = this;
    const { hls, source } = player;
    const latency = measure.latency;
    const rebufferedMs = this.takeRebufferedMs();
    this.queue.add(
      encode({
        v: 2,
        e: new Word(event),
        ts: Date.now(),
        sn: this.sequenceNumber++,
        sid: this.session,
        cid: this.contentID(),
        sf: new Word('h'),
        st: new Word(source.live ? 'l' : 'v'),
        sta: this.state ? new Word(this.state) : undefined,
        cdn: player.pathways?.current,
        br: this.bitrate > 0 ? this.bitrate / 1000 : undefined,
        bl: measure.bufferSeconds * 1000,
        mtp: hls && this.started ? hls.bandwidthEstimate / 1000 : undefined,
        ltc: source.live && latency !== null ? latency * 1000 : undefined,
        msd: this.startDelay,
        bsd: rebufferedMs,
        ...more,
      }),
    );
    this.startDelay = undefined;
  }

  /** Waited for the buffer since the last report, in milliseconds. */
  private takeRebufferedMs(): number {
    const now = performance.now();
    let ms = this.rebufferedMs;
    this.rebufferedMs = 0;
    if (this.state === 'r' && now - this.rebufferingSince >= SHORTEST_STALL) {
      ms += now - this.rebufferingSince;
      this.rebufferingSince = now;
    }
    return ms;
  }
}
