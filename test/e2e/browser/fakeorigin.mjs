// A stand-in for the server, for tests of the watch page that need recordings, hours
// of rewind and failures at will: the same addresses, made of one short film that
// FFmpeg paints. Streams: "show" is live and can be sought back in, "edge" is live
// without that, "over" has ended and left recording r1. Recordings of every stream:
// r1, r2 (with a pause of a minute), old (expired); all others are gone.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

const SEGMENT = 2;
const LENGTH = 300;
const COUNT = LENGTH / SEGMENT;
/** How much of the film has been broadcast when the server starts. */
const LEAD = 200;
const THUMB = { every: 5, columns: 10, width: 160, height: 90 };
const web = new URL('../../../web/', import.meta.url).pathname;
const TYPES = { '.m3u8': 'application/vnd.apple.mpegurl', '.mp4': 'video/mp4', '.m4s': 'video/mp4', '.jpg': 'image/jpeg', '.vtt': 'text/vtt', '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };

/** Paints the film into the folder, unless it is there. */
export function paint(folder) {
  if (existsSync(join(folder, 'storyboard.vtt'))) return;
  mkdirSync(folder, { recursive: true });
  const ffmpeg = (...args) => execFileSync('ffmpeg', ['-v', 'error', '-y', ...args], { cwd: folder });
  ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=30,hue=h=t*3', '-f', 'lavfi', '-i', 'sine=frequency=330:sample_rate=48000', '-t', String(LENGTH),
    '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '34', '-g', '60', '-keyint_min', '60', '-sc_threshold', '0', '-pix_fmt', 'yuv420p',
    '-c:a', 'aac', '-b:a', '64k', '-f', 'hls', '-hls_time', String(SEGMENT), '-hls_playlist_type', 'vod', '-hls_segment_type', 'fmp4',
    '-hls_fmp4_init_filename', 'init.mp4', '-hls_segment_filename', 'seg%03d.m4s', 'index.m3u8');
  const { every, columns, width, height } = THUMB;
  const rows = Math.ceil(LENGTH / every / columns);
  ffmpeg('-i', 'index.m3u8', '-vf', `fps=1/${every},scale=${width}:${height},tile=${columns}x${rows}`, '-frames:v', '1', 'sheet-0.jpg');
  ffmpeg('-i', 'index.m3u8', '-ss', '40', '-frames:v', '1', '-update', '1', 'poster.jpg');
  const clock = (s) => new Date(s * 1000).toISOString().slice(11, 23);
  let vtt = 'WEBVTT\n';
  for (let i = 0; i * every < LENGTH; i++) {
    const x = (i % columns) * width;
    const y = Math.floor(i / columns) * height;
    vtt += `\n${clock(i * every)} --> ${clock((i + 1) * every)}\nsheet-0.jpg#xywh=${x},${y},${width},${height}\n`;
  }
  writeFileSync(join(folder, 'storyboard.vtt'), vtt);
}

/** Starts the server; "state" may be changed while it runs, and its "handle" answers before all else. */
export async function serve(folder) {
  paint(folder);
  const began = Date.now() - LEAD * 1000;
  const state = { began, show: 'live', recording: 'r1', down: false, deleted: new Set(), requests: [] };
  const policy = [...readFileSync(join(web, 'web.go'), 'utf8').match(/return ("default-src[\s\S]*?)\n}/)[1].matchAll(/"([^"]*)"/g)].map((m) => m[1]).join('');
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://host');
    state.requests.push(request.url);
    if (state.down && !url.pathname.startsWith('/static/')) return request.destroy();
    if (state.handle?.(request, response, url)) return;
    const answer = answerFor(url, state, folder);
    const headers = answer.type ? { 'Content-Type': answer.type } : {};
    if (answer.type?.startsWith('text/html')) headers['Content-Security-Policy'] = policy;
    response.writeHead(answer.status ?? 200, headers).end(answer.body ?? '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${server.address().port}`, state, close: () => server.closeAllConnections() ?? server.close() };
}

function answerFor(url, state, folder) {
  const path = url.pathname.split('/').slice(1).map(decodeURIComponent);
  if (path[0] === 'watch') return file(join(web, 'dist'), 'watch.html');
  if (path[0] === 'static') return file(join(web, 'dist'), url.pathname);
  if (path[0] !== 'live') return { status: 404 };
  const [, stream, ...rest] = path;
  if (rest[0] === 'status.json') return status(stream, state);
  const recording = rest[0] === 'recordings' ? rest[1] : null;
  const name = rest.at(-1);
  if (recording && (state.deleted.has(recording) || !['r1', 'r2', 'old'].includes(recording))) return { status: 404 };
  if (name === 'recording.json') return json(recordingOf(recording, stream, state));
  if (name === 'index.m3u8' && recording) return multivariant(url.search);
  if (name === 'index.m3u8' || name === 'video.m3u8') return playlist(stream, recording, url.searchParams, state);
  return file(folder, name);
}

function status(stream, { show, recording, began, chat }) {
  if (stream === 'nothing') return { status: 404 };
  const live = stream === 'over' ? 'ended' : show;
  const dvr = stream === 'show' && live === 'live' ? 240 : 0;
  const begins = dvr ? Math.max(began, Date.now() - dvr * 1000) : Date.now() - 20_000;
  return json({ state: live, name: 'Aurora – Winter Tour', publication: 'p1', started_at: began, now: Date.now(), viewers: 1284, video: true, dvr, begins, recording, chat });
}

function recordingOf(id, stream, { began }) {
  const pause = id === 'r2' ? 60_000 : 0;
  const base = { id, stream, title: 'Aurora – Winter Tour, second night', start: iso(began), end: iso(began + LENGTH * 1000 + pause), duration_ms: LENGTH * 1000, size: 1, created: iso(began) };
  const expires = id === 'old' ? { expires: iso(Date.now() - 1000) } : {};
  return { ...base, ...expires, poster: 'poster.jpg', storyboard: 'storyboard.vtt' };
}

/** Live streams answer with a media playlist at once, as other servers do: players take both. */
function multivariant(query) {
  const streams = [[900_000, '640x360'], [400_000, '426x240']];
  const lines = streams.map(([bandwidth, size]) => `#EXT-X-STREAM-INF:BANDWIDTH=${bandwidth},RESOLUTION=${size},FRAME-RATE=30,CODECS="avc1.42c01e,mp4a.40.2"\nvideo.m3u8${query}`);
  return { type: TYPES['.m3u8'], body: ['#EXTM3U', ...lines].join('\n') };
}

function playlist(stream, recording, query, state) {
  const dateOf = (i) => state.began + i * SEGMENT * 1000 + (recording === 'r2' && i >= COUNT / 2 ? 60_000 : 0);
  const clip = query.has('end');
  const from = query.has('start') ? Date.parse(query.get('start')) : -Infinity;
  const to = clip ? Date.parse(query.get('end')) : Infinity;
  const now = recording ? Infinity : Date.now();
  const oldest = recording ? -Infinity : now - (stream === 'show' ? 240_000 : 20_000);
  const all = [...Array(COUNT).keys()].filter((i) => {
    const end = dateOf(i) + SEGMENT * 1000;
    return end <= now && end > oldest && end > from && dateOf(i) < to;
  });
  if (all.length === 0) return { status: 404 };
  const ended = recording || clip || state.show !== 'live';
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', `#EXT-X-TARGETDURATION:${SEGMENT}`, `#EXT-X-MEDIA-SEQUENCE:${all[0]}`, '#EXT-X-MAP:URI="init.mp4"'];
  for (const i of all) lines.push(`#EXT-X-PROGRAM-DATE-TIME:${iso(dateOf(i))}`, `#EXTINF:${SEGMENT},`, `seg${String(i).padStart(3, '0')}.m4s`);
  if (ended) lines.push('#EXT-X-ENDLIST');
  return { type: TYPES['.m3u8'], body: lines.join('\n') };
}

function file(folder, name) {
  try {
    return { type: TYPES[extname(name)], body: readFileSync(join(folder, name)) };
  } catch {
    return { status: 404 };
  }
}

function json(value) {
  return { type: 'application/json', body: JSON.stringify(value) };
}

function iso(ms) {
  return new Date(ms).toISOString();
}
