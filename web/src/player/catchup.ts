import type { Player } from './player';
import type { Rewind } from './rewind';

/** Too little faster to be heard; browsers keep the pitch. */
const CATCH_UP_RATE = 1.04;
/** Seconds behind the server's target latency that are accepted; grows with each stall. */
const FIRST_MARGIN = 0.12;
const MARGIN_PER_STALL = 0.25;
const MAX_MARGIN = 1.5;
/** Begin to catch up only when it is worth it. */
const WORTHWHILE = 0.1;

/**
 * Starting takes time, so a player begins further behind the live edge than the target
 * latency. CatchUp plays a little faster until the target is reached, while the buffer
 * is long enough, unless the viewer has rewound.
 */
export class CatchUp {
  private margin = FIRST_MARGIN;
  private catchingUp = false;

  constructor(
    private readonly player: Player,
    private readonly rewind: Rewind,
  ) {
    player.video.addEventListener('waiting', () => {
      // Away from the edge, or just after a seek, waiting says nothing about the edge.
      if (!player.source.live || rewind.active || player.video.seeking) return;
      if (player.video.currentTime > 0) this.margin = Math.min(this.margin + MARGIN_PER_STALL, MAX_MARGIN);
    });
  }

  update(): void {
    const { video, hls } = this.player;
    const partTarget = hls?.latestLevelDetails?.partTarget;
    const target = hls?.targetLatency;
    const atEdge = this.player.source.live && !this.rewind.active;
    if (!hls || !atEdge || !partTarget || !target || video.paused || video.seeking) return this.setCatchingUp(false);
    const excess = hls.latency - target - this.margin;
    const enough = bufferedAhead(video) > 2.5 * partTarget;
    this.setCatchingUp(enough && excess > (this.catchingUp ? 0 : WORTHWHILE));
  }

  private setCatchingUp(catchUp: boolean): void {
    if (catchUp === this.catchingUp) return;
    this.catchingUp = catchUp;
    this.player.video.playbackRate = catchUp ? CATCH_UP_RATE : 1;
  }
}

function bufferedAhead(video: HTMLVideoElement): number {
  const { buffered, currentTime } = video;
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= currentTime && currentTime < buffered.end(i)) return buffered.end(i) - currentTime;
  }
  return 0;
}
