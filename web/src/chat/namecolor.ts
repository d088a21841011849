/** Of a name: the hue that makes it recognisable, while the theme decides how light it is. */
export interface NameColor {
  /** Degrees in OKLCH. */
  hue: number;
  /** 0 is grey; at most what both themes can show. */
  chroma: number;
}

const CHROMA = 0.13;
const GOLDEN_ANGLE = 137.508;

/** A colour that somebody chose keeps its hue, so that it can be read on light and on dark. */
export function nameColorOf(user: { id: string; color?: string }): NameColor {
  const chosen = user.color && /^#[0-9a-f]{6}$/i.test(user.color) ? fromHex(user.color) : null;
  if (chosen) return chosen;
  return { hue: (hash(user.id) * GOLDEN_ANGLE) % 360, chroma: CHROMA };
}

function hash(text: string): number {
  let value = 0;
  for (let i = 0; i < text.length; i++) value = (Math.imul(value, 31) + text.charCodeAt(i)) >>> 0;
  return value % 4096;
}

/** From sRGB to OKLCH: Björn Ottosson's matrices. */
function fromHex(hex: string): NameColor {
  const [r, g, b] = [1, 3, 5].map((i) => linear(parseInt(hex.slice(i, i + 2), 16) / 255)) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  const a = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
  const c = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
  return { hue: ((Math.atan2(c, a) * 180) / Math.PI + 360) % 360, chroma: Math.min(Math.hypot(a, c), CHROMA) };
}

function linear(channel: number): number {
  return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
}
