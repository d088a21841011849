import { glowFor, particlesFor, shareParticles } from './density';
import { ParticleLimit } from './particlelimit';
import { MAX_PARTICLES, Particles, pose } from './particles';
import { halo, type Sprites } from './sprites';
import type { Counts } from './taps';
import { WaveScene } from './wavescene';

/** Seconds over which an aggregate's reactions come up: until the next one. */
const TICK = 0.2;
/** Pixels that are drawn at most, whatever the screen has: glows need no more. */
const MAX_PIXELS = 1_700_000;

/** Reactions over the picture. It draws only while there is something to see. */
export class Overlay {
  private readonly canvas = document.createElement('canvas');
  private readonly context = this.canvas.getContext('2d');
  private readonly particles = new Particles();
  private readonly particleLimit = new ParticleLimit(MAX_PARTICLES);
  private readonly wave = new WaveScene();
  private frame = 0;
  private before = 0;
  /** The glow over the stage's edge, and what it moves towards. */
  private glow = 0;
  private glowTarget = 0;
  private glowColor = '#ff5d7d';
  private glowSprite = halo(this.glowColor);
  private shown = true;
  private readonly sizes = new ResizeObserver(() => this.resize());
  private readonly onVisibility = () => (document.hidden ? this.stop() : this.start());

  constructor(stage: HTMLElement, private readonly sprites: Sprites) {
    this.canvas.className = 'reactions';
    this.canvas.setAttribute('aria-hidden', 'true');
    this.canvas.setAttribute('noautohide', '');
    stage.querySelector('video')?.after(this.canvas);
    this.sizes.observe(this.canvas);
    document.addEventListener('visibilitychange', this.onVisibility);
  }

  close(): void {
    this.stop();
    this.sizes.disconnect();
    document.removeEventListener('visibilitychange', this.onVisibility);
    this.canvas.remove();
  }

  /** Whether reactions rise over the picture; a wave always shows. */
  setReactionsShown(shown: boolean): void {
    this.shown = shown;
    if (!shown) this.particles.all.length = 0;
  }

  /** What others tapped within an aggregate's time. */
  addReactions(counts: Counts): void {
    if (!this.shown || document.hidden) return;
    const taps = Object.values(counts).reduce((sum, n) => sum + n, 0);
    const perSecond = taps / TICK;
    this.glowTarget = glowFor(perSecond);
    for (const [name, count] of shareParticles(counts, particlesFor(taps))) {
      for (let i = 0; i < count; i++) this.particles.add(name, glowFor(perSecond) * 0.9, TICK);
    }
    if (taps > 0) this.start();
  }

  /** One of their own, at once; x is where it was tapped, as a share of the width. */
  addOwnReaction(name: string, x: number): void {
    if (!this.shown) return;
    this.particles.addOwn(name, x);
    this.start();
  }

  startWave(color: string): void {
    this.wave.start(color, performance.now() / 1000);
    this.start();
  }

  /** For tests and the curious. */
  get state(): { particles: number; limit: number; running: boolean; glow: number } {
    return { particles: this.particles.all.length, limit: this.particleLimit.limit, running: this.frame !== 0, glow: this.glow };
  }

  /** The glow takes the colour of what is tapped most. */
  setGlowColor(color: string): void {
    if (color === this.glowColor) return;
    this.glowColor = color;
    this.glowSprite = halo(color);
  }

  private start(): void {
    if (this.frame !== 0 || document.hidden || !this.busy) return;
    this.before = performance.now();
    this.frame = requestAnimationFrame((now) => this.draw(now));
  }

  private stop(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.particles.all.length = 0;
    this.glow = this.glowTarget = 0;
    this.clear();
  }

  private get busy(): boolean {
    return this.particles.all.length > 0 || this.glow > 0.02 || this.wave.running;
  }

  private draw(now: number): void {
    const seconds = Math.min(0.1, (now - this.before) / 1000);
    this.particleLimit.addFrame((now - this.before) / 1000);
    this.before = now;
    this.particles.limit = this.particleLimit.limit;
    this.particles.step(seconds);
    // Rises and falls over a second or so, whatever the ticks do.
    this.glow += (this.glowTarget - this.glow) * Math.min(1, seconds * 1.6);
    this.glowTarget *= Math.exp(-seconds / 1.5);
    this.clear();
    this.drawGlow();
    if (this.context) this.wave.draw(this.context, this.canvas.width, this.canvas.height, now / 1000, this.sprites);
    this.drawParticles();
    this.frame = 0;
    if (this.busy) this.frame = requestAnimationFrame((next) => this.draw(next));
    else this.clear();
  }

  private drawGlow(): void {
    const { context } = this;
    if (!context || this.glow < 0.02) return;
    const { width, height } = this.canvas;
    context.globalCompositeOperation = 'lighter';
    context.globalAlpha = 0.34 * this.glow;
    context.drawImage(this.glowSprite, -width * 0.1, height * 0.72, width * 1.2, height * 0.56);
    context.globalCompositeOperation = 'source-over';
    context.globalAlpha = 1;
  }

  private drawParticles(): void {
    const { context } = this;
    if (!context) return;
    const { width, height } = this.canvas;
    for (const particle of this.particles.all) {
      const at = pose(particle, width / height);
      const sprite = at && this.sprites.get(particle.name);
      if (!at || !sprite || at.alpha <= 0.01) continue;
      const side = at.size * height * 1.5 * sprite.scale;
      const cos = Math.cos(at.angle);
      const sin = Math.sin(at.angle);
      context.setTransform(cos, sin, -sin, cos, at.x * width, at.y * height);
      context.globalAlpha = at.alpha;
      context.drawImage(sprite.image, -side / 2, -side / 2, side, side);
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = 1;
  }

  private clear(): void {
    this.context?.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  private resize(): void {
    const { clientWidth, clientHeight } = this.canvas;
    const ratio = Math.min(window.devicePixelRatio || 1, 2, Math.sqrt(MAX_PIXELS / Math.max(1, clientWidth * clientHeight)));
    this.canvas.width = Math.max(1, Math.round(clientWidth * ratio));
    this.canvas.height = Math.max(1, Math.round(clientHeight * ratio));
  }
}
