import { recordingId } from './route.js';

/** What recording.json tells, as far as the page needs it. Times are Unix milliseconds. */
export interface Recording {
  id: string;
  title: string;
  /** The recording this is a clip of, or the name of the live stream; "" if it is none. */
  clipOf: string;
  start: number;
  end: number;
  durationMs: number;
  /** 0: never. */
  expires: number;
  /** Names of files beside the playlist, "" if there are none. */
  poster: string;
  storyboard: string;
}

const LONGEST_TITLE = 500;
const FILE_NAME = /^[\w-][\w.-]{0,99}$/;

/** Reads recording.json; null if it is none. Fields of a wrong kind count as missing. */
export function parseRecording(json: unknown): Recording | null {
  if (typeof json !== 'object' || json === null) return null;
  const fields = json as Record<string, unknown>;
  const id = recordingId(fields.id);
  const start = date(fields.start);
  if (id === null || start === 0) return null;
  return {
    id,
    title: text(fields.title).slice(0, LONGEST_TITLE),
    clipOf: text(fields.clip_of),
    start,
    end: Math.max(date(fields.end), start),
    durationMs: typeof fields.duration_ms === 'number' && fields.duration_ms > 0 ? fields.duration_ms : 0,
    expires: date(fields.expires),
    poster: fileName(fields.poster),
    storyboard: fileName(fields.storyboard),
  };
}

/** Whether the moment lies in the recording. */
export function contains(recording: Recording, at: number): boolean {
  return recording.start <= at && at < recording.end;
}

/**
 * How many seconds into the recording the media of a clip begins: storyboards count
 * from the recording's start. Null when pauses lie between, which make it unknowable.
 */
export function clipOffset(recording: Recording, clipBegins: number): number | null {
  const pauses = recording.end - recording.start - recording.durationMs;
  if (recording.durationMs > 0 && Math.abs(pauses) > 1000) return null;
  return Math.max(0, (clipBegins - recording.start) / 1000);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function date(value: unknown): number {
  const ms = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isFinite(ms) && ms > 0 ? ms : 0;
}

/** Nothing but a plain name leads to a file beside the playlist. */
function fileName(value: unknown): string {
  return FILE_NAME.test(text(value)) ? text(value) : '';
}
