/** The lightstick's colours, from the ones that fans know; the first is ours. */
export const PALETTE: readonly { name: string; color: string }[] = [
  { name: 'Rose', color: '#ff5d7d' },
  { name: 'Orange', color: '#ff9a3d' },
  { name: 'Yellow', color: '#ffd84a' },
  { name: 'Green', color: '#3ddc84' },
  { name: 'Teal', color: '#2fd6d0' },
  { name: 'Blue', color: '#4d8dff' },
  { name: 'Violet', color: '#a06bff' },
  { name: 'White', color: '#f4f2ff' },
];

export const HEART = 'heart';

export function isColor(name: string): boolean {
  return /^#[0-9a-f]{6}$/i.test(name);
}

/** Red, green and blue, 0 to 255. */
export function channels(color: string): [number, number, number] {
  const value = Number.parseInt(color.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

export function rgba(color: string, alpha: number): string {
  return `rgb(${channels(color).join(' ')} / ${alpha})`;
}

/** The colour, so much of it replaced by white. */
export function lighten(color: string, share: number): string {
  const mixed = channels(color).map((c) => Math.round(c + (255 - c) * share));
  return `#${mixed.map((c) => c.toString(16).padStart(2, '0')).join('')}`;
}
