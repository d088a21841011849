import { tryToPlay } from './autoplay';
import { byId, setText } from './dom';
import * as format from './format';
import type { Measure } from './measure';
import type { Player } from './player';

const badge = byId('live-badge');
const latency = byId('latency');
const button = byId('go-live');

/** The badge with the latency, and the way back to the live edge. */
export class LiveControl {
  constructor(
    private readonly player: Player,
    private readonly measure: Measure,
  ) {
    button.addEventListener('click', () => {
      this.goLive();
      // The button is about to vanish; the focus must not vanish with it.
      byId('player').focus();
    });
  }

  goLive(): void {
    const { video } = this.player;
    const position = this.measure.livePosition;
    if (position !== null) video.currentTime = position;
    tryToPlay(video);
  }

  update(): void {
    const behind = this.measure.isBehind;
    const seconds = this.measure.latency;
    badge.classList.toggle('behind', behind || this.player.video.paused);
    button.hidden = !behind;
    setText(latency, seconds === null ? '' : format.latency(seconds));
  }
}
