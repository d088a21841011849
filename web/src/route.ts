export interface Route {
  stream: string;
  statusURL: string;
  playlistURL: string;
}

/** Reads the stream id from /watch/{stream}. Ids may hold any letters, so they are decoded and encoded again. */
export function routeFrom(pathname: string): Route {
  const raw = pathname.replace(/^\/watch\//, '').replace(/\/$/, '');
  const stream = decode(raw);
  const base = `/live/${encodeURIComponent(stream)}`;
  return { stream, statusURL: `${base}/status.json`, playlistURL: `${base}/index.m3u8` };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray % is part of the name
  }
}
