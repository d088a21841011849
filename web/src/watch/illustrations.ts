import type { SceneName } from './scene';

/**
 * All pictures show the same light stick in different moods: dark while waiting,
 * glowing up, flickering, fading, drawn in dots where there is none. CSS does the
 * light (see illustrations.css); here is only the shape.
 */
export function illustrationOf(scene: SceneName): string {
  switch (scene) {
    case 'missing':
    case 'gone':
      return svg(`<g transform="rotate(24 80 80)" class="dotted">${stick}</g>${questionMark}`);
    case 'ended':
    case 'stopped':
    case 'expired':
      return svg(`${floor}<g transform="rotate(84 80 80) translate(26 6)">${halo}${stick}</g>`);
    case 'error':
    case 'refused':
      return svg(`<g transform="rotate(24 80 80)">${halo}${stick}${crack}</g>`);
    default:
      return svg(`<g transform="rotate(24 80 80)">${halo}${stick}</g>${rays}`);
  }
}

const stick = `
  <rect class="tube" x="66" y="-8" width="28" height="104" rx="14"/>
  <rect class="core" x="75.5" y="5" width="9" height="78" rx="4.5"/>
  <rect class="collar" x="68" y="100" width="24" height="8" rx="3.5"/>
  <rect class="grip" x="71" y="112" width="18" height="48" rx="7"/>
  <circle class="knob" cx="80" cy="124" r="3.5"/>`;

const halo = '<ellipse class="halo" cx="80" cy="44" rx="92" ry="112"/>';

const rays = '<path class="rays" d="M134 12l10-9M143 38l14-3M96 -10l1-14M139 64l13 4"/>';

const crack = '<path class="crack" d="M58 52l12-9 7 11 9-14 16 9"/>';

const questionMark = '<path class="question" d="M128 30a10 10 0 1 1 14 9c-3 1.5-4 3.5-4 7M138 55v.1"/>';

const floor = '<ellipse class="floor" cx="82" cy="122" rx="82" ry="7"/>';

function svg(content: string): string {
  return `<svg viewBox="0 0 160 160" fill="none">
    <defs>
      <radialGradient id="halo-light"><stop offset="0" class="halo-in"/><stop offset=".45" class="halo-mid"/><stop offset="1" class="halo-out"/></radialGradient>
    </defs>${content}</svg>`;
}
