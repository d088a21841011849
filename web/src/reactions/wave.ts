import type { Wave } from '../chat/types';
import { announce } from '../ui/announce';
import { element } from '../ui/dom';
import type { Dock } from './dock';
import type { Overlay } from './overlay';
import { PALETTE } from './palette';
import { prefersReducedMotion } from './reducedmotion';
import { FADE, HOLD, SWEEP, WaveQueue } from './wavecurve';

/** Milliseconds; what began earlier, and comes with the history, is over. */
const LENGTH = (SWEEP + HOLD + FADE) * 1000;

/** A host's colour wave: over the picture, at the page's edges, in the row of reactions. */
export class Waves {
  private readonly queue = new WaveQueue();
  private waiting = 0;
  private ending = 0;
  private edge: HTMLElement | null = null;

  constructor(
    private readonly dock: Dock,
    private readonly overlay: Overlay,
    /** Program date time of the picture; null without one. */
    private readonly date: () => number | null,
  ) {}

  onWave(wave: Wave): void {
    if (document.hidden || (this.date() ?? Date.now()) - wave.at > LENGTH) return;
    announce(`${wave.by.name} calls a wave: ${colorName(wave.color)}`);
    const color = this.queue.offer(wave.color, performance.now() / 1000);
    if (color) this.begin(color);
    else this.wait();
  }

  close(): void {
    clearTimeout(this.waiting);
    clearTimeout(this.ending);
    this.end();
  }

  private wait(): void {
    clearTimeout(this.waiting);
    const seconds = this.queue.wait(performance.now() / 1000);
    if (seconds === null) return;
    this.waiting = window.setTimeout(() => {
      const color = this.queue.due(performance.now() / 1000);
      if (color) this.begin(color);
      else this.wait();
    }, seconds * 1000 + 20);
  }

  private begin(color: string): void {
    this.dock.setWave(color);
    if (!prefersReducedMotion()) this.overlay.startWave(color);
    this.showEdge(color);
    clearTimeout(this.ending);
    this.ending = window.setTimeout(() => this.end(), LENGTH);
  }

  /** The page's edges: the new light comes in from the left, the old one fades under it. */
  private showEdge(color: string): void {
    const old = this.edge;
    old?.classList.add('leaving');
    window.setTimeout(() => old?.remove(), 1600);
    const edge = element('div', 'wave-edge');
    edge.setAttribute('aria-hidden', 'true');
    edge.style.setProperty('--wave', color);
    document.body.append(edge);
    this.edge = edge;
  }

  private end(): void {
    this.dock.setWave(null);
    this.edge?.remove();
    this.edge = null;
  }
}

function colorName(color: string): string {
  return PALETTE.find((p) => p.color === color.toLowerCase())?.name.toLowerCase() ?? color;
}
