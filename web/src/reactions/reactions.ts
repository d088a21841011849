import type { ChatClient } from '../chat/client';
import { compact } from '../room/ratetext';
import { Dock } from './dock';
import { Overlay } from './overlay';
import { isColor } from './palette';
import { onReducedMotionChange, prefersReducedMotion } from './reducedmotion';
import { Sprites } from './sprites';
import { Taps, type Counts } from './taps';
import { Waves } from './wave';

/** Taps are gathered for so long, as the server does. */
const SEND_INTERVAL = 200;
/** The quiet counter is changed so often at most. */
const RATE_INTERVAL = 2000;

/** Reactions of this page and of all others, from the tap to the picture. */
export class Reactions {
  readonly dock: Dock;
  readonly overlay: Overlay;
  private readonly taps = new Taps();
  private readonly waves: Waves;
  private timer = 0;
  private recent = 0;
  private readonly counting: number;
  private readonly unsubscribers: (() => void)[];

  constructor(
    private readonly client: ChatClient,
    private readonly stage: HTMLElement,
  ) {
    this.overlay = new Overlay(stage, new Sprites((name) => client.emotes[name]));
    this.dock = new Dock({ tap: (name, x) => this.tap(name, x), show: () => this.updateOverlay() });
    this.waves = new Waves(this.dock, this.overlay, () => client.date());
    stage.append(this.dock.floating);
    stage.after(this.dock.root);
    this.unsubscribers = [
      client.on('reactionTick', ({ counts }) => counts && this.showTick(counts)),
      client.on('event', (event) => event.type === 'wave' && this.waves.onWave(event)),
      client.on('room', () => this.dock.setEmotes(client.emotes)),
      client.on('state', () => this.updateDock()),
      onReducedMotionChange(() => this.updateOverlay()),
    ];
    this.counting = window.setInterval(() => this.showRate(), RATE_INTERVAL);
    this.updateOverlay();
    this.updateDock();
  }

  close(): void {
    for (const end of this.unsubscribers) end();
    clearInterval(this.counting);
    clearTimeout(this.timer);
    this.waves.close();
    this.overlay.close();
    this.dock.root.remove();
    this.dock.floating.remove();
  }

  private tap(name: string, x: number): void {
    if (!this.taps.addTap(name, performance.now())) return;
    const box = this.stage.getBoundingClientRect();
    if (!prefersReducedMotion()) this.overlay.addOwnReaction(name, (x - box.left) / box.width);
    this.recent++;
    this.timer ||= window.setTimeout(() => this.send(), SEND_INTERVAL);
  }

  private send(): void {
    this.timer = 0;
    const counts = this.taps.flush(performance.now());
    if (!counts) return;
    // A reaction is of no use a second later: it is not sent again.
    this.client.rpc('react', { room: this.client.room, counts }).catch(() => this.taps.addLost(counts));
  }

  private showTick(counts: Counts): void {
    const others = this.taps.withoutOwn(counts, performance.now());
    for (const count of Object.values(others)) this.recent += count;
    const most = Object.entries(counts).filter(([name]) => isColor(name)).sort((a, b) => b[1] - a[1])[0];
    if (most) this.overlay.setGlowColor(most[0]);
    if (!prefersReducedMotion()) this.overlay.addReactions(others);
  }

  /** Shows a rate instead of particles to viewers who prefer reduced motion. */
  private showRate(): void {
    this.dock.showRate(prefersReducedMotion() && this.recent > 0 && this.dock.shown ? `${compact((this.recent * 1000) / RATE_INTERVAL)} reactions a second` : '');
    this.recent = 0;
  }

  private updateOverlay(): void {
    // The dock asks while it is made, too.
    this.overlay.setReactionsShown((this.dock?.shown ?? true) && !prefersReducedMotion());
  }

  private updateDock(): void {
    const { kind } = this.client.state;
    this.dock.root.hidden = kind !== 'on' && kind !== 'reconnecting';
    this.dock.floating.hidden = this.dock.root.hidden;
  }
}
