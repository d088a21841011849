import type { ChatClient } from '../chat/client';
import { compact } from '../room/ratetext';
import { Dock } from './dock';
import { Overlay } from './overlay';
import { isColor } from './palette';
import { onStillChange, still } from './reducedmotion';
import { Sprites } from './sprites';
import { Taps, type Counts } from './taps';
import { Waves } from './wave';

/** Taps are gathered for so long, as the server does. */
const GATHER = 200;
/** The quiet counter is changed so often at most. */
const COUNTED = 2000;

/** Reactions of this page and of all others, from the tap to the picture. */
export class Reactions {
  readonly dock: Dock;
  readonly overlay: Overlay;
  private readonly taps = new Taps();
  private readonly waves: Waves;
  private timer = 0;
  private recent = 0;
  private readonly counting: number;
  private readonly ends: (() => void)[];

  constructor(
    private readonly client: ChatClient,
    private readonly stage: HTMLElement,
  ) {
    this.overlay = new Overlay(stage, new Sprites((name) => client.emotes[name]));
    this.dock = new Dock({ tap: (name, x) => this.tap(name, x), show: () => this.arrange() });
    this.waves = new Waves(this.dock, this.overlay, () => client.date());
    stage.append(this.dock.floating);
    stage.after(this.dock.root);
    this.ends = [
      client.on('pulse', (pulse) => pulse.counts && this.pulse(pulse.counts)),
      client.on('event', (event) => event.type === 'wave' && this.waves.call(event)),
      client.on('room', () => this.dock.setEmotes(client.emotes)),
      client.on('state', () => this.update()),
      onStillChange(() => this.arrange()),
    ];
    this.counting = window.setInterval(() => this.count(), COUNTED);
    this.arrange();
    this.update();
  }

  close(): void {
    for (const end of this.ends) end();
    clearInterval(this.counting);
    clearTimeout(this.timer);
    this.waves.close();
    this.overlay.close();
    this.dock.root.remove();
    this.dock.floating.remove();
  }

  private tap(name: string, x: number): void {
    if (!this.taps.tap(name, performance.now())) return;
    const box = this.stage.getBoundingClientRect();
    if (!still()) this.overlay.own(name, (x - box.left) / box.width);
    this.recent++;
    this.timer ||= window.setTimeout(() => this.send(), GATHER);
  }

  private send(): void {
    this.timer = 0;
    const counts = this.taps.flush(performance.now());
    if (!counts) return;
    // A lost reaction is worth nothing a second later: it is not sent again.
    this.client.rpc('react', { room: this.client.room, counts }).catch(() => this.taps.lost(counts));
  }

  private pulse(counts: Counts): void {
    const others = this.taps.others(counts, performance.now());
    for (const count of Object.values(others)) this.recent += count;
    const most = Object.entries(counts).filter(([name]) => isColor(name)).sort((a, b) => b[1] - a[1])[0];
    if (most) this.overlay.tint(most[0]);
    if (!still()) this.overlay.pulse(others);
  }

  /** For who wants nothing to move: a number, changed seldom. */
  private count(): void {
    this.dock.count(still() && this.recent > 0 && this.dock.shown ? `${compact((this.recent * 1000) / COUNTED)} reactions a second` : '');
    this.recent = 0;
  }

  private arrange(): void {
    // The dock asks while it is made, too.
    this.overlay.show((this.dock?.shown ?? true) && !still());
  }

  private update(): void {
    const { kind } = this.client.state;
    this.dock.root.hidden = kind !== 'on' && kind !== 'reconnecting';
    this.dock.floating.hidden = this.dock.root.hidden;
  }
}
