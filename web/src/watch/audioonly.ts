const ROWS = [
  { count: 30, size: 0.42, light: 0.28 },
  { count: 22, size: 0.6, light: 0.45 },
  { count: 15, size: 0.85, light: 0.7 },
  { count: 10, size: 1.15, light: 1 },
];

/** Draws rows of moving light sticks, for streams without video. */
export function drawLightstickRows(hall: HTMLElement): void {
  if (hall.childElementCount > 0) return;
  for (const row of ROWS) {
    const line = document.createElement('div');
    line.className = 'crowd-row';
    line.style.setProperty('--size', String(row.size));
    line.style.setProperty('--light', String(row.light));
    for (let i = 0; i < row.count; i++) line.append(stick(i, row.count));
    hall.append(line);
  }
}

function stick(index: number, count: number): HTMLElement {
  const stick = document.createElement('i');
  // Neighbours start one after the other, so that the movement looks like a wave.
  stick.style.setProperty('--delay', `${(-index / count) * 4}s`);
  // The offsets look random, but are the same at every visit.
  stick.style.setProperty('--lift', scatter(index * 7 + count));
  stick.style.setProperty('--shift', scatter(index * 13 + count * 5));
  return stick;
}

/** A number between -1 and 1 that looks random, yet is the same for the same seed. */
function scatter(seed: number): string {
  return (Math.sin(seed * 12.9) * Math.cos(seed * 4.7)).toFixed(3);
}
