import { formatMoment } from './programdatetime.js';
import type { DateSpan, Route } from './route';

export function statusURL(stream: string): string {
  return `/live/${encodeURIComponent(stream)}/status.json`;
}

let pass = '';

/** Puts "/t/TOKEN" in front of the addresses of media from now on; "" is nothing. */
export function setPass(prefix: string): void {
  pass = prefix;
}

/** The folder of a recording, or of the live stream; ends with a slash. */
export function folderOf(stream: string, recording: string | null): string {
  const base = `${pass}/live/${encodeURIComponent(stream)}/`;
  return recording === null ? base : `${base}recordings/${encodeURIComponent(recording)}/`;
}

export function playlistURL(stream: string, recording: string | null, clip: DateSpan | null = null): string {
  const url = `${folderOf(stream, recording)}index.m3u8`;
  return clip ? `${url}?${spanQuery(clip)}` : url;
}

/** The same without a token, whatever there is. */
export function barePlaylist(stream: string, recording: string | null): string {
  return playlistURL(stream, recording).slice(pass.length);
}

/** The page that plays what the route says, without the host. */
export function watchPath(route: Route): string {
  const query: string[] = [];
  if (route.recording !== null) query.push(`recording=${encodeURIComponent(route.recording)}`);
  if (route.clip) query.push(spanQuery(route.clip));
  if (route.at !== null) query.push(`at=${formatMoment(route.at)}`);
  const path = `/watch/${encodeURIComponent(route.stream)}`;
  return query.length > 0 ? `${path}?${query.join('&')}` : path;
}

function spanQuery(span: DateSpan): string {
  return `start=${formatMoment(span.start)}&end=${formatMoment(span.end)}`;
}
