const SVG = 'http://www.w3.org/2000/svg';

/** Lines and areas of 24 by 24; what is filled begins with a plus sign. */
const PATHS = {
  heart: ['+M12 20.2C8.3 17.2 4 13.9 4 9.6A4.4 4.4 0 0 1 8.3 5c1.6 0 2.9.8 3.7 2.1C12.8 5.8 14.1 5 15.7 5A4.4 4.4 0 0 1 20 9.6c0 4.3-4.3 7.6-8 10.6Z'],
  sparkles: ['M11 4.5 12.6 9a3 3 0 0 0 1.9 1.9l4.5 1.6-4.5 1.6a3 3 0 0 0-1.9 1.9L11 20.5 9.4 16a3 3 0 0 0-1.9-1.9L3 12.5l4.5-1.6A3 3 0 0 0 9.4 9L11 4.5Z', 'M18.5 3v4m2-2h-4'],
  smile: ['M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16Z', 'M8.5 14a4.2 4.2 0 0 0 7 0', 'M9.2 9.8h.01M14.8 9.8h.01'],
  pin: ['M9 4h6l-.6 6 2.6 3.2H7L9.6 10 9 4Z', 'M12 13.200V20'],
  shield: ['M12 3.5 5 6v5.500c0 4.2 2.9 7.5 7 9 4.1-1.5 7-4.8 7-9V6l-7-2.500Z'],
  megaphone: ['M4 10v4h3l8 4V6l-8 4H4Z', 'M18 9.500a3.5 3.5 0 0 1 0 5M7.5 14l1 5'],
  poll: ['M5 6.500h14M5 12h9M5 17.500h5'],
  close: ['m6.5 6.5 11 11m0-11-11 11'],
} as const;

export type RoomIcon = keyof typeof PATHS;

export function roomIcon(name: RoomIcon): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  for (const line of PATHS[name]) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', line.replace('+', ''));
    if (line.startsWith('+')) path.setAttribute('class', 'solid');
    svg.append(path);
  }
  return svg;
}

/** The logo, in the colour that --stick says. */
export function lightstickIcon(): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'stick-icon');
  svg.setAttribute('aria-hidden', 'true');
  const group = document.createElementNS(SVG, 'g');
  group.setAttribute('transform', 'rotate(24 12 12)');
  for (const [name, x, y, width, height, radius] of [
    ['stick-tube', 8.7, 1, 6.6, 13.5, 3.3], ['stick-core', 10.6, 3, 2.8, 9.5, 1.4], ['stick-grip', 9.9, 16, 4.2, 7.5, 1.6],
  ] as const) {
    const rect = document.createElementNS(SVG, 'rect');
    rect.setAttribute('class', name);
    for (const [key, value] of Object.entries({ x, y, width, height, rx: radius })) rect.setAttribute(key, String(value));
    group.append(rect);
  }
  svg.append(group);
  return svg;
}
