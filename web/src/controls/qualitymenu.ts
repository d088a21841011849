import type Hls from 'hls.js';
import type { Level } from 'hls.js';
import type { Player } from '../player/player';
import { byId, setText } from '../ui/dom';
import { levelName } from '../ui/format';
import { Menu } from '../ui/menu';
import { menuItem } from '../ui/menuitem';

const button = byId<HTMLButtonElement>('quality');
const label = byId('quality-label');
const AUTO = -1;

interface Choice {
  level: number;
  name: string;
  note?: string;
}

/** Lets the viewer choose among the stream's levels, and tells which one Auto has chosen. */
export class QualityMenu {
  private readonly menu = new Menu(button, byId('quality-menu'));
  private wanted = '';
  private setUp: Hls | null = null;

  constructor(private readonly player: Player) {
    player.addEventListener('levels', () => this.update());
    this.update();
  }

  /** hls.js falls back to Auto when all levels fail for long; once they are back, the choice counts again. */
  restore(): void {
    this.setUp = null;
    this.update();
  }

  private update(): void {
    const { hls } = this.player;
    const choices = hls ? choicesOf(hls.levels) : [];
    // Nothing to choose from a single level.
    button.hidden = choices.length < 2;
    if (!hls || button.hidden) {
      this.menu.close();
      return;
    }

    this.keepChoice(hls, choices);
    const nameOf = (level: number) => choices.find((choice) => choice.level === level)?.name ?? '';
    const playing = hls.autoLevelEnabled ? nameOf(hls.currentLevel) : '';
    const all: Choice[] = [{ level: AUTO, name: 'Auto', note: playing }, ...choices];
    setText(label, nameOf(hls.manualLevel) || 'Auto');
    this.menu.fill(
      all.map((choice) => menuItem(choice.name, choice.level === hls.manualLevel, choice.note)),
      (index) => this.choose(hls, all[index]),
    );
  }

  private choose(hls: Hls, choice: Choice | undefined): void {
    if (!choice) return;
    this.wanted = choice.name;
    // nextLevel keeps what is buffered of the current picture: no black gap.
    hls.nextLevel = choice.level;
    this.update();
  }

  /** The viewer's choice outlives the source: it is made again for the next one. */
  private keepChoice(hls: Hls, choices: Choice[]): void {
    if (this.setUp === hls) return;
    this.setUp = hls;
    const wanted = choices.find((choice) => choice.name === this.wanted);
    if (!wanted) return;
    hls.startLevel = wanted.level;
    hls.loadLevel = wanted.level;
  }
}

/** Best first; a level without a picture is offered only when there is nothing else. */
function choicesOf(levels: Level[]): Choice[] {
  const all = levels.map((level, index) => ({
    level: index,
    height: level.height,
    name: levelName(level.width, level.height, level.frameRate),
  }));
  const withPicture = all.filter((choice) => choice.height > 0);
  return (withPicture.length > 0 ? withPicture : all).sort((a, b) => b.height - a.height || b.level - a.level);
}
