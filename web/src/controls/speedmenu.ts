import type { Player } from '../player/player';
import { byId, setText } from '../ui/dom';
import { Menu } from '../ui/menu';
import { menuItem } from '../ui/menuitem';

const button = byId<HTMLButtonElement>('speed');
const label = byId('speed-label');

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];

/** How fast a recording plays. A live stream has one speed, and that is not ours to choose. */
export class SpeedMenu {
  private readonly menu = new Menu(button, byId('speed-menu'));
  private speed = 1;

  constructor(private readonly player: Player) {
    player.video.addEventListener('loadedmetadata', () => this.apply());
    this.fill();
  }

  update(): void {
    button.hidden = this.player.source.live || !this.player.loaded;
    if (button.hidden) this.menu.close();
  }

  /** To the next faster or slower one. */
  step(by: 1 | -1): void {
    this.choose(SPEEDS[SPEEDS.indexOf(this.speed) + by]);
  }

  private choose(speed: number | undefined): void {
    if (speed === undefined || this.player.source.live) return;
    this.speed = speed;
    this.apply();
    this.fill();
  }

  /** Loading sets the rate back, so it is set with each source. */
  private apply(): void {
    if (!this.player.source.live) this.player.video.playbackRate = this.speed;
  }

  private fill(): void {
    setText(label, `${this.speed}×`);
    const items = SPEEDS.map((speed) => menuItem(speed === 1 ? 'Normal' : `${speed}×`, speed === this.speed));
    this.menu.fill(items, (index) => this.choose(SPEEDS[index]));
  }
}
