import { parseProgramDateTime } from './programdatetime.js';

/** A stretch of program date time, in Unix milliseconds. */
export interface DateSpan {
  start: number;
  end: number;
}

export interface Route {
  stream: string;
  /** The recording to play; null: the live stream. */
  recording: string | null;
  /** Where to begin, in Unix milliseconds of program date time. */
  at: number | null;
  /** Only this stretch of it: a clip. */
  clip: DateSpan | null;
}

const LONGEST_ID = 200;

/**
 * Reads /watch/{stream}?recording=…&at=…&start=…&end=…. Ids may hold any letters, so
 * they are decoded here and encoded again; what is no time is as if it were not there.
 */
export function routeFrom(pathname: string, search = ''): Route {
  const query = new URLSearchParams(search);
  const start = parseProgramDateTime(query.get('start'));
  const end = parseProgramDateTime(query.get('end'));
  return {
    stream: decode(pathname.replace(/^\/watch\//, '').replace(/\/$/, '')),
    recording: recordingId(query.get('recording')),
    at: parseProgramDateTime(query.get('at')) ?? (end === null ? start : null),
    clip: start !== null && end !== null && start < end ? { start, end } : null,
  };
}

/** Dots alone would lead out of the recordings' folder. */
export function recordingId(text: unknown): string | null {
  return typeof text === 'string' && text !== '' && text.length <= LONGEST_ID && !/^\.+$/.test(text) ? text : null;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray % is part of the name
  }
}
