import { halo, type Sprites } from './sprites';
import { crest, lit, over } from './wavecurve';

/** Rows of the audience, the nearest last. */
const ROWS = [
  { sticks: 38, size: 0.11, base: 0.9, alpha: 0.5 },
  { sticks: 27, size: 0.16, base: 0.95, alpha: 0.8 },
  { sticks: 19, size: 0.23, base: 1.02, alpha: 1 },
];
/** A portrait phone's picture is narrow: fewer sticks, as far apart. */
const USUAL_ASPECT = 16 / 9;

interface Running {
  color: string;
  began: number;
  light: HTMLCanvasElement;
}

/** The audience's lightsticks along the foot of the picture, lit from left to right in the colour of a wave. */
export class WaveScene {
  private current: Running | null = null;
  /** Fades while the next one takes its place. */
  private last: Running | null = null;

  get running(): boolean {
    return this.current !== null;
  }

  start(color: string, now: number): void {
    this.last = this.current;
    this.current = { color, began: now, light: halo(color) };
  }

  draw(context: CanvasRenderingContext2D, width: number, height: number, now: number, sprites: Sprites): void {
    if (this.current && over(now - this.current.began)) this.current = this.last = null;
    const { current, last } = this;
    if (!current) return;
    const stage: Stage = { context, width, height, now, sprites };
    dim(stage, lit(0.5, now - current.began));
    for (const row of ROWS) {
      const count = Math.max(6, Math.round((row.sticks * width) / height / USUAL_ASPECT));
      for (let i = 0; i < count; i++) {
        const x = (i + 0.5 + 0.28 * scatter(i * 7 + count)) / count;
        const brightness = lit(x, now - current.began);
        // Where the new light has not arrived, the old one goes on.
        const old = last ? lit(x, now - last.began) * (1 - brightness) : 0;
        if (last && old > 0.01) drawStick(stage, last, row, i, x, old, 0);
        if (brightness > 0.01) drawStick(stage, current, row, i, x, brightness, crest(x, now - current.began));
      }
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = 1;
  }
}

interface Stage {
  context: CanvasRenderingContext2D;
  width: number;
  height: number;
  now: number;
  sprites: Sprites;
}

/** The picture's foot goes darker, so that lights are lights over a bright picture, too. */
function dim({ context, width, height }: Stage, share: number): void {
  const shade = context.createLinearGradient(0, height * 0.62, 0, height);
  shade.addColorStop(0, 'rgb(4 4 12 / 0)');
  shade.addColorStop(1, `rgb(4 4 12 / ${0.62 * share})`);
  context.fillStyle = shade;
  context.fillRect(0, height * 0.62, width, height * 0.38);
}

/** Brightness and how far it is raised are 0 to 1. */
function drawStick(stage: Stage, wave: Running, row: (typeof ROWS)[number], i: number, x: number, brightness: number, raised: number): void {
  const { context, width, height, now } = stage;
  const sprite = stage.sprites.get(wave.color);
  if (!sprite) return;
  const side = row.size * height * 1.5;
  // All sway together, each a little after its neighbour.
  const angle = Math.sin(now * 1.9 - x * 3.2) * 0.2 + 0.06 * scatter(i * 13 + row.sticks);
  const y = row.base + 0.12 * (1 - brightness) - 0.035 * scatter(i * 5 + row.sticks * 3) - 0.07 * raised;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  context.setTransform(cos, sin, -sin, cos, x * width, y * height + side * 0.5);
  context.globalCompositeOperation = 'lighter';
  context.globalAlpha = 0.3 * brightness * row.alpha;
  context.drawImage(wave.light, -side * 0.7, -side * 1.35, side * 1.4, side * 1.4);
  context.globalCompositeOperation = 'source-over';
  context.globalAlpha = brightness * row.alpha;
  context.drawImage(sprite.image, -side / 2, -side, side, side);
}

/** A number between -1 and 1 that looks random, yet is the same for the same seed. */
function scatter(seed: number): number {
  return Math.sin(seed * 12.9) * Math.cos(seed * 4.7);
}
