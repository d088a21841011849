import { lightstickIcon, roomIcon } from '../room/icons';
import { element } from '../ui/dom';
import { repeatWhileHeld } from './holdbutton';
import { HEART, PALETTE } from './palette';

const KEY_COLOR = 'lightstick.color';
const KEY_SHOWN = 'lightstick.reactions';
/** Custom emotes in the dock; all of them are in the composer's picker. */
const EMOTES = 6;
/** Pixels; closer to the end of what is slid sideways is at it. */
const END = 4;

export interface DockActions {
  /** x is where on the page it was tapped. */
  tap: (name: string, x: number) => void;
  show: (shown: boolean) => void;
}

/** The row of reactions below the picture: the lightstick and its colours, a heart, the room's emotes. */
export class Dock {
  readonly root = element('section', 'dock');
  /** The same lightstick in full screen, where the dock is out of sight. */
  readonly floating = element('button', 'dock-floating');
  private readonly stick = element('button', 'dock-stick');
  private readonly swatches = element('div', 'dock-swatches');
  private readonly emotes = element('div', 'dock-emotes');
  private readonly counter = element('span', 'dock-counter');
  private readonly shownButton = element('button', 'dock-shown');
  private chosen = stored(KEY_COLOR) ?? PALETTE[0]?.color ?? '#ff5d7d';
  private waveColor: string | null = null;

  constructor(private readonly actions: DockActions) {
    this.root.setAttribute('aria-label', 'Reactions');
    this.prepareSticks();
    const heart = element('button', 'dock-heart');
    heart.type = 'button';
    heart.setAttribute('aria-label', 'Send a heart');
    heart.title = 'Send a heart';
    heart.append(roomIcon('heart'));
    repeatWhileHeld(heart, (x) => actions.tap(HEART, x));
    this.prepareSwatches();
    this.prepareShown();
    this.counter.setAttribute('role', 'status');
    const more = element('div', 'dock-more');
    more.append(this.swatches, this.emotes);
    const look = () => more.classList.toggle('beyond', more.scrollWidth - more.clientWidth - more.scrollLeft > END);
    more.addEventListener('scroll', look, { passive: true });
    const size = new ResizeObserver(look);
    for (const part of [more, this.swatches, this.emotes]) size.observe(part);
    this.root.append(this.stick, heart, more, this.counter, this.shownButton);
    this.color = this.chosen;
  }

  /** What they tap with: a wave's colour while it lasts, else their own. */
  get colorNow(): string {
    return this.waveColor ?? this.chosen;
  }

  get shown(): boolean {
    return this.shownButton.getAttribute('aria-pressed') === 'true';
  }

  /** Everybody's lightstick has this colour until null says it is over. */
  setWave(color: string | null): void {
    this.waveColor = color;
    this.root.classList.toggle('waving', color !== null);
    this.paint();
  }

  setEmotes(emotes: Record<string, string>): void {
    const buttons = Object.entries(emotes).slice(0, EMOTES).map(([name, address]) => {
      const button = element('button', 'dock-emote');
      button.type = 'button';
      button.setAttribute('aria-label', `Send ${name}`);
      button.title = name;
      const image = element('img');
      image.alt = '';
      image.src = address;
      button.append(image);
      repeatWhileHeld(button, (x) => this.actions.tap(name, x));
      return button;
    });
    this.emotes.replaceChildren(...buttons);
  }

  /** A line in place of what moves; "" for none. */
  showRate(text: string): void {
    if (this.counter.textContent !== text) this.counter.textContent = text;
  }

  private prepareSticks(): void {
    for (const button of [this.stick, this.floating]) {
      button.type = 'button';
      button.append(lightstickIcon());
      button.setAttribute('aria-label', 'Wave your lightstick');
      button.title = 'Wave your lightstick (hold to keep on)';
      repeatWhileHeld(button, (x) => {
        this.actions.tap(this.colorNow, x);
        button.classList.remove('struck');
        void button.offsetWidth; // begins the movement anew
        button.classList.add('struck');
      });
    }
    this.floating.setAttribute('noautohide', '');
  }

  private prepareSwatches(): void {
    this.swatches.setAttribute('role', 'radiogroup');
    this.swatches.setAttribute('aria-label', 'Colour of your lightstick');
    for (const { name, color } of PALETTE) {
      const button = element('button', 'dock-swatch');
      button.type = 'button';
      button.style.setProperty('--swatch', color);
      button.dataset.color = color;
      button.setAttribute('role', 'radio');
      button.setAttribute('aria-label', name);
      button.title = name;
      button.addEventListener('click', () => {
        if (this.waveColor) this.setWave(null); // their own choice wins
        this.color = color;
      });
      this.swatches.append(button);
    }
    this.swatches.addEventListener('keydown', (event) => this.onSwatchKey(event));
  }

  private prepareShown(): void {
    const button = this.shownButton;
    button.type = 'button';
    button.append(roomIcon('sparkles'));
    const set = (shown: boolean) => {
      button.setAttribute('aria-pressed', String(shown));
      button.title = shown ? 'Reactions rise over the picture' : 'No reactions over the picture';
      this.actions.show(shown);
    };
    button.setAttribute('aria-label', 'Reactions over the picture');
    set(stored(KEY_SHOWN) !== 'off');
    button.addEventListener('click', () => {
      set(!this.shown);
      store(KEY_SHOWN, this.shown ? 'on' : 'off');
    });
  }

  private set color(color: string) {
    this.chosen = color;
    store(KEY_COLOR, color);
    this.paint();
  }

  private paint(): void {
    for (const e of [this.root, this.floating]) e.style.setProperty('--stick', this.colorNow);
    for (const swatch of this.swatches.children as Iterable<HTMLElement> & HTMLCollection) {
      const checked = (swatch as HTMLElement).dataset.color === this.chosen;
      swatch.setAttribute('aria-checked', String(checked));
      (swatch as HTMLElement).tabIndex = checked ? 0 : -1;
    }
  }

  /** One stop for the tab key; arrows choose, as in any group of radios. */
  private onSwatchKey(event: KeyboardEvent): void {
    const all = [...this.swatches.children] as HTMLElement[];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = all[(at + step + all.length) % all.length];
    next?.focus();
    next?.click();
  }
}

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // then it is chosen again next time
  }
}
