import { findLastInPrefix } from '../player/segmentdates.js';

/** A thumbnail: a rectangle of a sheet, shown for a stretch of media time. */
export interface Thumbnail {
  /** Seconds of the recording's media time. */
  start: number;
  end: number;
  sheet: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Twelve hours with a thumbnail each two seconds. */
const MOST_CUES = 21_600;
const LONGEST_FILE = 4_000_000;
const LARGEST_SIDE = 16_384;

const TIMING = /^(?:(\d{1,4}):)?(\d{2}):(\d{2})\.(\d{3})\s+-->\s+(?:(\d{1,4}):)?(\d{2}):(\d{2})\.(\d{3})(?:\s|$)/;
/** A file beside the storyboard, never an address elsewhere. */
const TARGET = /^([\w-][\w.-]{0,99})#xywh=(\d{1,5}),(\d{1,5}),(\d{1,5}),(\d{1,5})$/;

/**
 * Reads a storyboard: WebVTT whose cues are "sheet-0.jpg#xywh=x,y,w,h". What is not
 * of that shape, out of order or beyond the bounds is left out; it never throws.
 */
export function parseStoryboard(text: string, folder: string): Thumbnail[] {
  if (!/^\uFEFF?WEBVTT/.test(text)) return [];
  const thumbnails: Thumbnail[] = [];
  const lines = text.slice(0, LONGEST_FILE).split(/\r\n|\r|\n/);
  for (const [index, line] of lines.entries()) {
    if (thumbnails.length >= MOST_CUES) break;
    const timing = TIMING.exec(line);
    const target = timing && TARGET.exec((lines[index + 1] ?? '').trim());
    if (!target) continue;
    const thumbnail = thumbnailOf(timing, target, folder);
    const before = thumbnails.at(-1);
    if (thumbnail && (!before || thumbnail.start >= before.start)) thumbnails.push(thumbnail);
  }
  return thumbnails;
}

/** The thumbnail of a media time: after the end the last one; null before the first. */
export function thumbnailAt(thumbnails: readonly Thumbnail[], time: number): Thumbnail | null {
  return findLastInPrefix(thumbnails, (t) => t.start <= time) ?? null;
}

function thumbnailOf(timing: RegExpExecArray, target: RegExpExecArray, folder: string): Thumbnail | null {
  const start = seconds(timing, 1);
  const end = seconds(timing, 5);
  const [x, y, width, height] = target.slice(2).map(Number) as [number, number, number, number];
  const inBounds = end > start && width > 0 && height > 0 && x + width <= LARGEST_SIDE && y + height <= LARGEST_SIDE;
  return inBounds ? { start, end, sheet: folder + target[1], x, y, width, height } : null;
}

function seconds(timing: RegExpExecArray, from: number): number {
  const [hours, minutes, rest, thousandths] = [0, 1, 2, 3].map((i) => Number(timing[from + i] ?? 0)) as [number, number, number, number];
  return hours * 3600 + minutes * 60 + rest + thousandths / 1000;
}
