// A stand-in for the server, for tests of the dashboard: the pages as they are built,
// and a REST API with a bill, reports and steering that change as they are told to.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

export const TOKEN = 'the.right-token';
/** What a stream's or a CDN's name must never do. */
export const HOSTILE = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>';

const web = new URL('../../../web/', import.meta.url).pathname;
const TYPES = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const GB = 1e9;

/** Starts the server; "state" may be changed while it runs. */
export async function serve() {
  const state = {
    down: false, off: new Set(), broken: new Set(), requests: [], puts: [], rounds: 0, scale: 1, budgetPerHour: 500, budget: 90_000, refusal: null, measured: true,
    began: Date.now(), streams: manyStreams(), pathways: pathways(),
  };
  const policy = [...readFileSync(join(web, 'dashboard.go'), 'utf8').match(/const operatorPolicy = ([\s\S]*?)\n\n?$/)[1].matchAll(/"([^"]*)"/g)].map((m) => m[1]).join('');
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://host');
    if (url.pathname === '/dashboard') {
      return response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': policy }).end(readFileSync(join(web, 'dist/dashboard.html')));
    }
    if (url.pathname.startsWith('/static/')) {
      return response.writeHead(200, { 'Content-Type': TYPES[extname(url.pathname)] ?? '' }).end(readFileSync(join(web, 'dist', url.pathname)));
    }
    state.requests.push(`${request.method} ${request.url}`);
    if (state.down) return request.destroy();
    const { status = 200, body } = await answer(request, url, state);
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(body === undefined ? 'not found' : JSON.stringify(body));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, state, close: () => server.closeAllConnections() ?? server.close() };
}

async function answer(request, url, state) {
  const path = url.pathname.split('/').slice(1).map(decodeURIComponent);
  if (path[0] === 'live') return { body: { state: 'live', viewers: 40 } };
  if (request.headers.authorization !== `Bearer ${TOKEN}`) return { status: 401, body: { detail: 'send the API token' } };
  const [, , what, name] = path;
  if (state.off.has(what)) return { status: 404 };
  if (state.broken.has(what)) return { status: 500, body: { detail: 'the database is locked' } };
  if (what === 'cost') return { body: bill(state, url.searchParams) };
  if (what === 'streams') return { body: state.streams };
  if (what === 'quality') return { body: quality() };
  if (what === 'steering' && request.method === 'GET') return { body: state.pathways };
  if (what !== 'steering') return { status: 404 };
  const { state: mode } = JSON.parse(await text(request));
  state.puts.push([name, mode]);
  if (state.refusal) return { status: 409, body: { detail: state.refusal } };
  state.pathways.find((p) => p.name === name).mode = mode;
  return { body: state.pathways };
}

async function text(request) {
  let all = '';
  for await (const chunk of request) all += chunk;
  return all;
}

function manyStreams() {
  const names = [['main-stage', 'Main stage'], ['fan-meeting', 'Fan meeting, Seoul'], ['rehearsal', 'Rehearsal'], ['x', HOSTILE], ['acoustic-set', 'Acoustic set'], ['backstage', 'Backstage'], ['test', 'test']];
  const states = ['live', 'live', 'reconnecting', 'live', 'offline', 'ended', 'offline'];
  return names.map(([id, name], i) => ({ id, name, state: states[i] }));
}

function pathways() {
  const since = new Date(Date.now() - 47 * 60_000).toISOString();
  return [
    { name: 'cloudfront', url: 'https://cf.example.com', weight: 3, mode: 'auto', state: 'good', since, sessions: 3120 },
    { name: 'edge-a', url: 'https://a.example.com', weight: 1, mode: 'auto', state: 'demoted', since, reason: '41 of 180 sessions with errors (22.8 %), others at most 0.4 %', sessions: 180 },
    { name: 'fastly', url: 'https://f.example.com', weight: 1, mode: 'preferred', state: 'probation', since, sessions: 904 },
  ];
}

function rates(v) {
  return { minute: v * 1.04, five_minutes: v, hour: v * 0.93 };
}

/** Each bill is ten seconds after the one before, with a little more delivered. */
function bill(state, query) {
  const round = state.rounds++;
  const now = state.scale * (1 + 0.06 * Math.sin(round / 9) + round / 1500);
  const item = (name, perHour, month, terabytes, more = {}) => ({
    name, per_hour: rates(perHour * now), month, requests: Math.round(terabytes * 1.9e6), bytes: Math.round(terabytes * 1000 * GB + round * perHour * 30e6),
    viewer_hours: terabytes * 500, per_viewer_hour: 0.0337, priced: true, ...more,
  });
  const cdns = [
    item('cloudfront', 271.2, 51_200, 812), item('edge-a', 0, 0, 14, { priced: false, per_viewer_hour: 0 }), item('fastly', 118.4, 22_480.5, 187), item('origin', 22.9, 3_310.77, 37),
  ];
  const streams = [item('main-stage', 301.7, 40_210, 610), item('fan-meeting', 92.1, 21_870, 300), item('x', 18.3, 120.9, 4.1), item('rehearsal', 0.41, 7.2, 0.2), item('acoustic-set', 0, 14_780, 130), item('an-old-one', 0, 3.16, 0.1)];
  return {
    currency: 'USD', at: new Date(state.began + round * 10_000).toISOString(), per_hour: rates(412.5 * now),
    month: { since: '2026-11-01T00:00:00Z', cost: 76_991.27, budget: state.budget, budget_per_hour: state.budgetPerHour },
    per_viewer_hour: 0.0337, cdns, streams, ...(state.measured ? { projection: projection(Number(query.get('viewers')), Number(query.get('hours'))) } : {}),
  };
}

function projection(viewers, hours) {
  const bytes = viewers * hours * 3600 * 525_000;
  const quote = (name, title, perGB, verified, sources, note) => ({ name, title, cost: (bytes / GB) * perGB, per_hour: (bytes / GB / hours) * perGB, verified, sources, ...(note ? { note } : {}) });
  const source = (url, seen, what) => ({ url, seen, for: what });
  return {
    viewers, hours, bitrate: 4200, requests_per_second: 4.6, measured: true, bytes, requests: viewers * hours * 3600 * 4.6,
    cdns: [
      quote('bunny', 'Bunny.net Volume', 0.005, false, [source('https://bunny.net/pricing/', '2026-09-02', 'per gigabyte')]),
      quote('cloudfront', 'Amazon CloudFront', 0.0312, true, [
        source('https://aws.amazon.com/cloudfront/pricing/', '2026-11-23', 'gigabytes and the free allowance'), source('https://aws.amazon.com/cloudfront/faqs/', '2026-11-23', 'tiers are those of each region'),
      ], 'HTTPS requests; HTTP ones cost a quarter less.'),
      quote('gcp', 'Google Cloud CDN', 0.0405, true, [source('https://cloud.google.com/cdn/pricing', '2026-10-14', 'all')]),
      quote('fastly', 'Fastly Full Site Delivery', 0.12, true, [source('https://www.fastly.com/pricing', '2026-09-20', 'North America and Europe')]),
      quote('own', HOSTILE, 0.2, false, [source('javascript:window.pwned=1', '2026-01-01', HOSTILE)]),
      quote('contract', 'Contract of ours', 0.21, false, null),
    ],
  };
}

function quality() {
  const row = (stream, cdn, country, sessions, p50, p95, stalls, bitrate, latency) => ({
    stream, cdn, country, sessions, startup_p50: p50, startup_p95: p95, stall_ratio: stalls, stalls: 3, errors: cdn === 'edge-a' ? 41 : 2, bitrate, throughput: bitrate * 4,
    latency, buffer: 1.6, watched: sessions / 12,
  });
  return [
    row('main-stage', 'cloudfront', 'KR', 1480, 0.61, 1.42, 0.0011, 4_610_000, 1.31), row('main-stage', 'cloudfront', 'JP', 902, 0.66, 1.51, 0.0017, 4_480_000, 1.36),
    row('main-stage', 'cloudfront', 'US', 611, 0.83, 2.2, 0.0042, 4_020_000, 1.6), row('fan-meeting', 'cloudfront', 'KR', 127, 0.6, 1.4, 0.0012, 4_600_000, 1.3),
    row('main-stage', 'edge-a', 'DE', 180, 1.9, 6.8, 0.081, 2_210_000, 3.4), row('main-stage', 'fastly', 'GB', 520, 0.71, 1.7, 0.002, 4_300_000, 1.4),
    row('main-stage', 'fastly', 'unknown', 384, 0.9, 2.4, 0.006, 3_900_000, 0),
  ];
}
