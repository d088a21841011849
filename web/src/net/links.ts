import { formatProgramDateTime } from './programdatetime.js';
import type { DateSpan, Route } from './route';

export function statusURL(stream: string): string {
  return `/live/${encodeURIComponent(stream)}/status.json`;
}

let tokenPath = '';

/** Sets the prefix of all media URLs, "/t/TOKEN"; "" removes it. */
export function setTokenPath(prefix: string): void {
  tokenPath = prefix;
}

/** The folder of a recording, or of the live stream; ends with a slash. */
export function folderOf(stream: string, recording: string | null): string {
  const base = `${tokenPath}/live/${encodeURIComponent(stream)}/`;
  return recording === null ? base : `${base}recordings/${encodeURIComponent(recording)}/`;
}

export function playlistURL(stream: string, recording: string | null, clip: DateSpan | null = null): string {
  const url = `${folderOf(stream, recording)}index.m3u8`;
  return clip ? `${url}?${spanQuery(clip)}` : url;
}

/** The playlist's path without the token path. */
export function playlistPathWithoutToken(stream: string, recording: string | null): string {
  return playlistURL(stream, recording).slice(tokenPath.length);
}

/** The page that plays what the route says, without the host. */
export function watchPath(route: Route): string {
  const query: string[] = [];
  if (route.recording !== null) query.push(`recording=${encodeURIComponent(route.recording)}`);
  if (route.clip) query.push(spanQuery(route.clip));
  if (route.at !== null) query.push(`at=${formatProgramDateTime(route.at)}`);
  const path = `/watch/${encodeURIComponent(route.stream)}`;
  return query.length > 0 ? `${path}?${query.join('&')}` : path;
}

function spanQuery(span: DateSpan): string {
  return `start=${formatProgramDateTime(span.start)}&end=${formatProgramDateTime(span.end)}`;
}
