/** What is alive at most; a slow machine gets fewer, see Pace. */
export const MAX_PARTICLES = 260;

/** A reaction on its way up. Lengths are shares of the picture's height, times are seconds. */
export interface Particle {
  name: string;
  /** Seconds since it was born; less than 0: not yet. */
  age: number;
  life: number;
  /** From the left, as a share of the width. */
  x: number;
  /** How high it rises. */
  rise: number;
  size: number;
  sway: number;
  swayRate: number;
  phase: number;
  tilt: number;
  /** Made on this page. */
  own: boolean;
}

/** Where a particle is now, and how it looks. */
export interface Pose {
  x: number;
  y: number;
  size: number;
  angle: number;
  alpha: number;
}

export type Random = () => number;

/** All that rises over the picture. */
export class Particles {
  readonly all: Particle[] = [];
  limit = MAX_PARTICLES;

  constructor(private readonly random: Random = Math.random) {}

  /**
   * Adds one within the given seconds. Crowd, 0 to 1, tells how many there are: few rise
   * in a lane on the right, where they cover little; many come up from all along the
   * edge, most of them still at the sides.
   */
  add(name: string, crowd: number, within: number): boolean {
    if (this.all.length >= this.limit) return false;
    this.all.push({ ...this.some(), name, age: -this.random() * within, x: this.place(crowd), own: false });
    return true;
  }

  /** Adds one of this page's own, at once and from where it was tapped. */
  addOwn(name: string, x: number): void {
    if (this.all.length >= this.limit) this.all.shift();
    const size = 0.085 + this.random() * 0.015;
    this.all.push({ ...this.some(), name, age: 0, x: clamp(x + (this.random() - 0.5) * 0.04, 0.02, 0.98), size, own: true });
  }

  step(seconds: number): void {
    let kept = 0;
    for (const particle of this.all) {
      particle.age += seconds;
      if (particle.age < particle.life) this.all[kept++] = particle;
    }
    this.all.length = kept;
  }

  private some(): Omit<Particle, 'name' | 'age' | 'x' | 'own'> {
    const r = this.random;
    return {
      life: 2.6 + r() * 1.4,
      rise: 0.5 + r() * 0.36,
      size: 0.05 + r() * 0.03,
      sway: 0.012 + r() * 0.022,
      swayRate: 1.6 + r() * 1.2,
      phase: r() * Math.PI * 2,
      tilt: (r() - 0.5) * 0.5,
    };
  }

  private place(crowd: number): number {
    const r = this.random;
    const lane = 0.86 + (r() - 0.5) * 0.2;
    if (r() >= crowd) return lane;
    // From either side towards the middle, ever more seldom.
    const inward = (1 - Math.sqrt(r())) * 0.5;
    return r() < 0.5 ? 0.02 + inward : 0.98 - inward;
  }
}

/** Null while it is not born yet. The aspect is the picture's width by its height. */
export function pose(p: Particle, aspect: number): Pose | null {
  if (p.age < 0) return null;
  const t = p.age / p.life;
  const eased = 1 - (1 - t) ** 1.7;
  const swing = Math.sin(p.phase + p.age * p.swayRate);
  const grown = Math.min(1, p.age / 0.28);
  return {
    x: p.x + ((swing * p.sway) / aspect) * (0.4 + t),
    y: 1.02 - eased * p.rise,
    // Comes up a little larger than it stays, as something that was thrown.
    size: p.size * (grown < 1 ? 1.18 * easeOut(grown) : 1.18 - 0.18 * Math.min(1, (p.age - 0.28) / 0.3)),
    angle: p.tilt + swing * 0.22,
    alpha: Math.min(1, p.age / 0.18) * (1 - smooth((t - 0.55) / 0.45)),
  };
}

export function smooth(t: number): number {
  const c = clamp(t, 0, 1);
  return c * c * (3 - 2 * c);
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

function easeOut(t: number): number {
  return 1 - (1 - t) ** 3;
}
