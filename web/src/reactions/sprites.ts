import { HEART, isColor, lighten, rgba } from './palette';

/** Pixels of a sprite's side: about twice of what it is drawn at. */
const SIDE = 192;
const KEPT = 48;
const HEART_COLOR = '#ff5d7d';

export interface Sprite {
  image: CanvasImageSource;
  /** How large it is drawn, beside the others: a stick is slim, a picture fills its square. */
  scale: number;
}

const STICK_SCALE = 1.35;
const HEART_SCALE = 1.05;
const PICTURE_SCALE = 0.6;

/** Draws each reaction once; frames only copy. */
export class Sprites {
  private readonly drawn = new Map<string, Sprite | null>();

  /** address tells where an emote's picture is; undefined if there is none. */
  constructor(private readonly address: (name: string) => string | undefined) {}

  /** Null while an emote's picture is not there yet. */
  get(name: string): Sprite | null {
    const known = this.drawn.get(name);
    if (known !== undefined) return known;
    if (this.drawn.size >= KEPT) this.drawn.delete(this.drawn.keys().next().value as string);
    const sprite = isColor(name) ? lightstick(name) : name === HEART ? heart(HEART_COLOR) : this.picture(name);
    this.drawn.set(name, sprite);
    return sprite;
  }

  private picture(name: string): Sprite | null {
    const address = this.address(name);
    if (!address) return heart(HEART_COLOR);
    const image = new Image();
    image.addEventListener('load', () => this.drawn.set(name, { image, scale: PICTURE_SCALE }));
    image.addEventListener('error', () => this.drawn.set(name, heart(HEART_COLOR)));
    image.src = address;
    return null;
  }
}

/** A soft light, for what glows and for the edge of the stage. */
export function halo(color: string, side = SIDE): HTMLCanvasElement {
  const { canvas, context } = sheet(side);
  context.fillStyle = light(context, color, side / 2, side / 2, side / 2, 0.9);
  context.fillRect(0, 0, side, side);
  return canvas;
}

function lightstick(color: string): Sprite {
  const { canvas, context } = sheet(SIDE);
  const middle = SIDE / 2;
  context.save();
  context.translate(middle, 70);
  context.scale(0.72, 1);
  context.fillStyle = light(context, color, 0, 0, 70, 0.75);
  context.fillRect(-120, -70, 240, 140);
  context.restore();

  // The tube: white-hot inside, its colour towards the rim.
  tube(context, middle - 17, 22, 34, 98, 17, color);
  const core = context.createLinearGradient(middle - 17, 0, middle + 17, 0);
  core.addColorStop(0, rgba(lighten(color, 0.2), 0.2));
  core.addColorStop(0.42, 'rgb(255 255 255 / 0.9)');
  core.addColorStop(1, rgba(lighten(color, 0.3), 0.1));
  tube(context, middle - 12, 27, 24, 88, 12, core);

  tube(context, middle - 12, 121, 24, 8, 3, '#8d90a8');
  const grip = context.createLinearGradient(middle - 9, 0, middle + 9, 0);
  grip.addColorStop(0, '#8f92a6');
  grip.addColorStop(0.4, '#f3f3f8');
  grip.addColorStop(1, '#7c7f95');
  tube(context, middle - 9, 130, 18, 46, 7, grip);
  return { image: canvas, scale: STICK_SCALE };
}

function heart(color: string): Sprite {
  const { canvas, context } = sheet(SIDE);
  context.fillStyle = light(context, color, 96, 96, 94, 0.4);
  context.fillRect(0, 0, SIDE, SIDE);
  const path = new Path2D('M96 152C70 130 42 108 42 78c0-19 14-32 30-32 10 0 19 5 24 14 5-9 14-14 24-14 16 0 30 13 30 32 0 30-28 52-54 74Z');
  const body = context.createLinearGradient(60, 44, 120, 150);
  body.addColorStop(0, lighten(color, 0.34));
  body.addColorStop(0.5, color);
  body.addColorStop(1, '#d92a5b');
  context.fillStyle = body;
  context.fill(path);
  context.globalAlpha = 0.7;
  context.fillStyle = '#fff';
  context.beginPath();
  context.ellipse(64, 68, 7, 12, 0.65, 0, Math.PI * 2);
  context.fill();
  return { image: canvas, scale: HEART_SCALE };
}

function sheet(side: number): { canvas: HTMLCanvasElement; context: CanvasRenderingContext2D } {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2D canvas');
  return { canvas, context };
}

function light(context: CanvasRenderingContext2D, color: string, x: number, y: number, radius: number, alpha: number): CanvasGradient {
  const gradient = context.createRadialGradient(x, y, 0, x, y, radius);
  gradient.addColorStop(0, rgba(lighten(color, 0.25), alpha));
  gradient.addColorStop(0.35, rgba(color, alpha * 0.45));
  gradient.addColorStop(0.7, rgba(color, alpha * 0.12));
  gradient.addColorStop(1, rgba(color, 0));
  return gradient;
}

function tube(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number, radius: number, fill: string | CanvasGradient): void {
  context.fillStyle = fill;
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
  context.fill();
}
