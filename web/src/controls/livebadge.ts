import { tryToPlay } from '../player/autoplay';
import type { PlaybackStats } from '../player/playbackstats';
import type { Player } from '../player/player';
import type { Playhead } from '../player/playhead';
import { byId, setText } from '../ui/dom';
import * as format from '../ui/format';

const button = byId<HTMLButtonElement>('live');
const label = byId('live-label');
const latency = byId('latency');

/** The live badge: it shows the latency, and takes a viewer who is behind to the live edge. */
export class LiveBadge {
  constructor(
    private readonly player: Player,
    private readonly playhead: Playhead,
    private readonly measure: PlaybackStats,
  ) {
    button.addEventListener('click', () => this.goLive());
  }

  goLive(): void {
    const { video, source } = this.player;
    if (!source.live) return;
    this.playhead.rewind.reset();
    const position = this.measure.livePosition;
    if (position !== null && this.measure.isBehind) video.currentTime = position;
    tryToPlay(video);
  }

  update(): void {
    const { source, video } = this.player;
    button.hidden = !source.live;
    if (button.hidden) return;
    const behind = this.measure.isBehind;
    const seconds = behind ? null : this.measure.latency;
    button.classList.toggle('behind', behind);
    button.classList.toggle('still', video.paused);
    button.setAttribute('aria-disabled', String(!behind));
    setText(label, behind ? 'Go live' : 'Live');
    setText(latency, seconds === null ? '' : format.latency(seconds));
  }
}
