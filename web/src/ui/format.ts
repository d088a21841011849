/** 1234 → "1.2K", 12345 → "12K", 1234567 → "1.2M". */
export function compactCount(n: number): string {
  const count = Math.max(0, Math.floor(n));
  for (const [size, unit] of [[1e6, 'M'], [1e3, 'K']] as const) {
    if (count < size) continue;
    const value = count / size;
    // Cut, never round up: 999 950 viewers are not yet a million.
    const text = value < 10 ? (Math.floor(value * 10) / 10).toString() : Math.floor(value).toString();
    return text + unit;
  }
  return count.toString();
}

/** Milliseconds → "4:07" or "1:04:07". */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => n.toString().padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = two(seconds % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** 1.14 → "1.1 s", 34.6 → "35 s", 95 → "1:35". */
export function latency(seconds: number): string {
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  return elapsed(seconds * 1000);
}

/** 5_240_000 → "5.2 Mbit/s", 640_000 → "640 kbit/s". */
export function bitrate(bitsPerSecond: number): string {
  if (!Number.isFinite(bitsPerSecond) || bitsPerSecond <= 0) return '–';
  if (bitsPerSecond >= 1e6) return `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`;
  return `${Math.round(bitsPerSecond / 1e3)} kbit/s`;
}

/**
 * A level's name: "1080p60", "720p", "Audio only". It counts the short side, which is the height unless the picture is
 * upright. Rates up to 30 are what one expects, so they go unsaid.
 */
export function levelName(width: number, height: number, frameRate = 0): string {
  const side = Math.min(width, height);
  if (side <= 0) return 'Audio only';
  const rate = Math.round(frameRate);
  return rate > 30 ? `${side}p${rate}` : `${side}p`;
}

/** 2530 → "−0:42:10": seconds behind the live edge. Hours always show, so that minutes are no seconds. */
export function behindLive(seconds: number): string {
  const text = elapsed(seconds * 1000);
  return `−${seconds < 3600 ? `0:${text.padStart(5, '0')}` : text}`;
}

/** 3847 → "1 hour 4 minutes 7 seconds", for screen readers. */
export function spoken(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [
    [Math.floor(whole / 3600), 'hour'],
    [Math.floor(whole / 60) % 60, 'minute'],
    [whole % 60, 'second'],
  ] as const;
  const words = parts.filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}${n === 1 ? '' : 's'}`);
  return words.join(' ') || '0 seconds';
}

/** The time of day in the viewer's own zone: "20:15:03" or "8:15:03 PM", as they are used to. */
export function clockTime(ms: number, locale?: string): string {
  return new Date(ms).toLocaleTimeString(locale, { hour: 'numeric', minute: '2-digit', second: '2-digit' });
}

/** The day and time in the viewer's own zone: "Nov 23, 2026, 8:15 PM". */
export function dayAndTime(ms: number, locale?: string): string {
  return new Date(ms).toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'short' });
}
