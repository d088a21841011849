import type { ServerClock } from '../net/serverclock';
import type { Player } from './player';
import { SLACK } from './rewind';
import { StallCounter } from './stalls';

export interface Stats {
  state: string;
  latencySeconds: number | null;
  stalls: number;
  stalledMs: number;
  droppedFrames: number;
  level: { width: number; height: number; bitrate: number } | null;
  firstFrameMs: number | null;
}

const LONGEST_PLAUSIBLE_LATENCY = 120;
/** Seconds from the end of seekable at which native players usually play; they don't expose it. */
const NATIVE_DISTANCE = 6;

/** Latency, buffer, stalls and the first frame's time of the player. */
export class PlaybackStats {
  private readonly stallCounter: StallCounter;
  private firstFrameMs: number | null = null;

  constructor(
    private readonly player: Player,
    private readonly clock: ServerClock,
    private readonly state: () => string,
  ) {
    this.stallCounter = new StallCounter(player.video);
    player.video.requestVideoFrameCallback?.(() => {
      this.firstFrameMs = Math.round(performance.now());
    });
  }

  /** Seconds between the broadcaster's clock in the picture and the server's clock now. */
  get latency(): number | null {
    const { hls, source } = this.player;
    if (!source.live) return null;
    const date = this.playingDate();
    if (date) {
      const seconds = (this.clock.now() - date.getTime()) / 1000;
      if (seconds >= 0 && seconds <= LONGEST_PLAUSIBLE_LATENCY) return seconds;
    }
    return hls && hls.latency > 0 ? hls.latency : null;
  }

  /** Where "Go live" leads to. */
  get livePosition(): number | null {
    const { hls, video, source } = this.player;
    if (!source.live) return null;
    if (hls) return hls.liveSyncPosition;
    const { seekable } = video;
    return this.player.loaded && seekable.length > 0 ? seekable.end(seekable.length - 1) - NATIVE_DISTANCE : null;
  }

  get isBehind(): boolean {
    const position = this.livePosition;
    return position !== null && position - this.player.video.currentTime > SLACK;
  }

  get bufferSeconds(): number {
    const { buffered, currentTime } = this.player.video;
    for (let i = 0; i < buffered.length; i++) {
      if (buffered.start(i) <= currentTime && currentTime <= buffered.end(i)) return buffered.end(i) - currentTime;
    }
    return 0;
  }

  stats(): Stats {
    const { hls, video } = this.player;
    const level = hls?.levels[hls.currentLevel];
    return {
      state: this.state(),
      latencySeconds: this.latency,
      stalls: this.stallCounter.count,
      stalledMs: this.stallCounter.totalMs,
      droppedFrames: video.getVideoPlaybackQuality?.().droppedVideoFrames ?? 0,
      level: level ? { width: level.width, height: level.height, bitrate: level.bitrate } : null,
      firstFrameMs: this.firstFrameMs,
    };
  }

  private playingDate(): Date | null {
    const { hls, video, startDate } = this.player;
    if (hls) return hls.playingDate;
    return startDate === null ? null : new Date(startDate + video.currentTime * 1000);
  }
}
