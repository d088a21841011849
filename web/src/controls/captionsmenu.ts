import { captionName, captionsOf, chosenCaptions } from '../player/captionchoice';
import type { Player } from '../player/player';
import { byId } from '../ui/dom';
import { Menu } from '../ui/menu';
import { menuItem } from '../ui/menuitem';

const button = byId<HTMLButtonElement>('captions');
const KEY = 'lightstick.captions';

/**
 * Captions of the pictures (CEA-608) and subtitles: a menu that is there once the
 * stream has some. Drawn by the browser. The choice is kept in this browser.
 */
export class CaptionsMenu {
  private readonly menu = new Menu(button, byId('captions-menu'));
  private wanted = stored();

  constructor(private readonly player: Player) {
    const tracks = player.video.textTracks;
    for (const event of ['addtrack', 'removetrack']) tracks.addEventListener(event, () => this.update());
    this.update();
  }

  private update(): void {
    const { player } = this;
    const tracks = captionsOf(player.video.textTracks);
    button.hidden = tracks.length === 0;
    if (button.hidden) return this.menu.close();
    const chosen = chosenCaptions(tracks, this.wanted);
    // hls.js fills a track that is hidden; the browser's own player loads one that is not disabled.
    const off = player.hls ? 'hidden' : 'disabled';
    for (const track of tracks) track.mode = track === chosen ? 'showing' : off;
    button.classList.toggle('chosen', chosen !== null);
    const names = tracks.map(captionName);
    const items = [menuItem('Off', chosen === null), ...names.map((name, i) => menuItem(name, tracks[i] === chosen))];
    this.menu.fill(items, (index) => this.choose(names[index - 1] ?? ''));
  }

  private choose(name: string): void {
    this.wanted = name;
    try {
      localStorage.setItem(KEY, name);
    } catch {
      // A browser that keeps nothing: it holds until the page is left.
    }
    this.update();
  }
}

function stored(): string {
  try {
    return localStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}
