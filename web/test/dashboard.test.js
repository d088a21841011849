import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delay, INTERVAL } from './.out/dashboard/backoff.js';
import { budgetLevel } from './.out/dashboard/budget.js';
import { cdnRows } from './.out/dashboard/cdnrows.js';
import { Egress } from './.out/dashboard/egress.js';
import { History, runs, sample, SPAN } from './.out/dashboard/history.js';
import { hostOf } from './.out/dashboard/host.js';
import { bitRate, bytes, compact, money, percent, seconds, span } from './.out/dashboard/numbers.js';
import { qualityRows } from './.out/dashboard/qualityrows.js';
import { inputRows } from './.out/dashboard/inputs.js';
import { linePath, niceCeiling, timeTicks } from './.out/dashboard/scale.js';
import { streamRows, totalViewers, worthAsking } from './.out/dashboard/streamrows.js';

const item = (name, perHour, more = {}) => ({ name, per_hour: { minute: perHour, five_minutes: perHour, hour: perHour }, month: perHour * 10, requests: 1, bytes: 1, viewer_hours: 1, per_viewer_hour: 0.01, priced: true, ...more });
const report = (cdn, country, sessions, more = {}) => ({ stream: 's', cdn, country, sessions, startup_p50: 1, startup_p95: 2, stall_ratio: 0, errors: 0, bitrate: 4e6, latency: 2, watched: sessions, ...more });

test('failures are answered by longer waits, spread by a quarter', () => {
  assert.equal(delay(0), INTERVAL);
  assert.equal(delay(1, () => 0.5), 10_000);
  assert.equal(delay(2, () => 0.5), 20_000);
  assert.equal(delay(1000, () => 0.5), 60_000);
  assert.equal(delay(4, () => 0), 45_000);
  assert.equal(delay(4, () => 1), 75_000);
});

test('budgets are near from 80 % and over from 100 %', () => {
  assert.deepEqual(budgetLevel(5, 0), { share: 0, state: 'none' });
  assert.equal(budgetLevel(79, 100).state, 'fine');
  assert.equal(budgetLevel(80, 100).state, 'near');
  assert.equal(budgetLevel(100, 100).state, 'over');
});

test('money shows cents where they matter', () => {
  const usd = (v) => money(v, 'USD', 'en-US');
  assert.equal(usd(0), '$0.00');
  assert.equal(usd(12.3), '$12.30');
  assert.equal(usd(1234.5), '$1,235');
  assert.equal(usd(0.000531), '$0.000531');
  assert.equal(money(12.4, 'JPY', 'en-US'), '¥12');
  assert.equal(money(0.42, 'JPY', 'en-US'), '¥0.42');
  assert.equal(money(1.5, '<b>', 'en-US'), '1.5 <b>');
});

test('amounts have units people know', () => {
  assert.equal(bytes(999, 'en-US'), '999 B');
  assert.equal(bytes(1_234_000_000, 'en-US'), '1.2 GB');
  assert.equal(bytes(999_600, 'en-US'), '1.0 MB');
  assert.equal(bitRate(5_240_000, 'en-US'), '5.2 Mbit/s');
  assert.equal(bitRate(412_000_000_000, 'en-US'), '412 Gbit/s');
  assert.equal(compact(12_345_678, 'en-US'), '12.3M');
  assert.equal(percent(0.0042, 'en-US'), '0.42 %');
  assert.equal(percent(0.824, 'en-US'), '82 %');
  assert.equal(seconds(1.234, 'en-US'), '1.23 s');
  assert.equal(span(42_900), '42 s');
  assert.equal(span(150_000), '2 min');
});

test('egress is what the counters gained, not before it means something', () => {
  const egress = new Egress();
  egress.add(0, [{ name: 'a', bytes: 1000 }]);
  assert.equal(egress.total(), null);
  for (let s = 10; s <= 600; s += 10) egress.add(s * 1000, [{ name: 'a', bytes: 1000 + s * 125 }, { name: 'b', bytes: 5 }]);
  assert.equal(egress.of('a'), 1000);
  assert.equal(egress.of('b'), 0);
  assert.equal(egress.total(), 1000);
  egress.add(610_000, [{ name: 'a', bytes: 3 }]); // a new month
  assert.equal(egress.of('a'), null);
  assert.equal(egress.of('b'), null);
});

test('the history is bounded by time and number', () => {
  const history = new History();
  for (let i = 0; i <= 1500; i++) history.add({ at: i * 10_000, cost: i, viewers: null });
  assert.equal(history.points.length, SPAN / 10_000 + 1);
  for (let i = 1; i <= 5000; i++) history.add({ at: 15_000_000 + i, cost: i, viewers: 1 });
  assert.equal(history.points.length, 1000);
  history.add({ at: 5, cost: 1, viewers: 1 });
  assert.equal(history.points.length, 1);
});

test('a hidden tab and unknown values leave gaps', () => {
  const at = (s, viewers) => ({ at: s * 1000, cost: 1, viewers });
  const points = [at(0, 1), at(10, 2), at(100, 3), at(110, null), at(120, 4)];
  assert.deepEqual(runs(points, (p) => p.cost).map((r) => r.length), [2, 3]);
  assert.deepEqual(runs(points, (p) => p.viewers).map((r) => r.length), [2, 1, 1]);
  assert.deepEqual(sample(points, 2).map((p) => p.at), [10_000, 120_000]);
});

test('axes have round numbers', () => {
  assert.equal(niceCeiling(0), 1);
  assert.equal(niceCeiling(NaN), 1);
  assert.equal(niceCeiling(412), 500);
  assert.equal(niceCeiling(0.03), 0.05);
  assert.equal(niceCeiling(1000), 1000);
  assert.deepEqual(timeTicks(60_001, 600_000, 5), [120_000, 240_000, 360_000, 480_000, 600_000]);
  assert.equal(linePath([{ x: 1, y: 2 }]), 'M-0.5 2.0h3');
  assert.equal(linePath([{ x: 1, y: 2 }, { x: 3, y: 4 }]), 'M1.0 2.0L3.0 4.0');
});

test('streams come with the dearest first, with those that are only on the bill', () => {
  const streams = [{ id: 'a', name: 'A', state: 'offline' }, { id: 'b', name: '', state: 'live' }, { id: 'c', name: 'C', state: 'live' }];
  const rows = streamRows(streams, [item('c', 2), item('old', 5)], [report('x', 'DE', 7, { stream: 'c' })], new Map([['b', { state: 'live', viewers: 3 }], ['c', { state: 'live', viewers: 2 }]]));
  assert.deepEqual(rows.map((r) => [r.id, r.name, r.state, r.viewers]), [['old', 'old', 'gone', null], ['c', 'C', 'live', 7], ['b', 'b', 'live', 3], ['a', 'A', 'offline', null]]);
  assert.deepEqual(worthAsking(streams, [item('c', 2), item('open', 5), item('old', 0)]), ['b', 'c', 'open']);
  assert.equal(streamRows([{ id: 'd', name: '', state: 'live', viewers: 1 }], [], [report('x', 'DE', 6, { stream: 'd' })], new Map())[0].viewers, 1, 'the server has one number');
  assert.equal(streamRows([], [item('open', 1)], [], new Map([['open', { state: 'live', viewers: 4 }]]))[0].state, 'live');
  assert.equal(totalViewers(rows), 10);
  assert.equal(totalViewers([]), 0);
  assert.equal(totalViewers([{ ...rows[1], viewers: null }]), null);
});

test('CDNs are those of the bill and of steering, by name', () => {
  const rows = cdnRows([item('origin', 1), item('edge', 2)], [{ name: 'edge' }, { name: 'asia' }], [report('edge', 'DE', 2), report('edge', 'FR', 3)]);
  assert.deepEqual(rows.map((r) => [r.name, r.cost !== null, r.pathway !== null, r.sessions]), [['asia', false, true, null], ['edge', true, true, 5], ['origin', true, false, null]]);
});

test('reports are added up by CDN, with the countries that have most', () => {
  const all = ['DE', 'FR', 'KR', 'JP', 'BR', 'IN', 'US', 'GB'].map((c, i) => report('edge', c, 10 - i));
  all.push(report('edge', 'DE', 30, { stream: 't', startup_p50: 3, startup_p95: 9, stall_ratio: 0.1, latency: 0, errors: 4 }));
  const rows = qualityRows(all);
  assert.deepEqual(rows.map((r) => [r.country, r.sessions, r.others]), [[null, 82, 0], ['DE', 40, 0], ['FR', 9, 0], ['KR', 8, 0], ['JP', 7, 0], ['BR', 6, 0], ['IN', 5, 0], ['', 7, 2]]);
  assert.equal(rows[1].startupP50, 2.5);
  assert.equal(rows[1].startupP95, 9);
  assert.equal(rows[1].stallRatio.toFixed(3), '0.075');
  assert.equal(rows[1].latency, 2);
  assert.equal(rows[1].errors, 4);
  assert.equal(qualityRows([report('edge', 'DE', 1, { startup_p50: 0, watched: 0 })])[0].startupP50, null);
});

test('only addresses of the web are links', () => {
  assert.equal(hostOf('https://aws.amazon.com/cloudfront/pricing/'), 'aws.amazon.com');
  assert.equal(hostOf('javascript:alert(1)'), null);
  assert.equal(hostOf('data:text/html,x'), null);
  assert.equal(hostOf('see the contract'), null);
});

test('inputs are told fact by fact, those with warnings first', () => {
  const now = Date.parse('2026-11-30T12:00:00Z');
  const input = {
    protocol: 'rtmp', since: '', bitrate: 4_628_000, keyframe_interval: 2, lost_packets: 0, repairs: 0,
    video: { codec: 'avc1.64001f', width: 1280, height: 720, frame_rate: 29.97, bitrate: 4_500_000 },
    audio: { codec: 'mp4a.40.2', sample_rate: 44100, channels: 2, bitrate: 128_000 },
  };
  const advice = (severity) => [{ code: 'x', severity, text: 'change it' }];
  const refused = (at) => ({ at, protocol: 'srt', reason: 'unknown stream key' });
  const rows = inputRows([
    { id: 'fine', name: 'Fine', state: 'live', input },
    { id: 'off', name: 'Off', state: 'offline' },
    { id: 'notice', name: '', state: 'live', input, advice: advice('notice') },
    { id: 'warned', name: 'Warned', state: 'live', input: { ...input, audio: undefined, lost_packets: 12 }, advice: advice('warning') },
    { id: 'late', name: 'Late', state: 'offline', last_refusal: refused('2026-11-30T10:59:00Z') },
    { id: 'refused', name: 'Refused', state: 'offline', last_refusal: refused('2026-11-30T11:59:00Z') },
    { id: 'gone', name: 'Gone', state: 'offline', pull: { address: 'rtsp://192.0.2.7', state: 'waiting', error: 'connection refused' } },
    { id: 'fetching', name: 'Fetching', state: 'offline', pull: { address: 'rtsp://192.0.2.7', state: 'connecting' } },
  ], now, 'en-US');
  assert.deepEqual(rows.map((r) => r.id), ['warned', 'gone', 'refused', 'notice', 'fine']);
  assert.deepEqual(rows[4].facts, ['RTMP', '1280×720', '30.0 fps', 'avc1.64001f', '4.5 Mbit/s', 'keyframes every 2.0 s', 'mp4a.40.2, 44.1 kHz, stereo', '128 kbit/s']);
  assert.equal(rows[0].facts.at(-1), '12 packets lost');
  assert.equal(rows[3].name, 'notice');
  assert.match(rows[2].refusal, /^A publisher \(SRT\) was refused at .*: unknown stream key\.$/);
  assert.deepEqual(rows[2].facts, []);
  assert.equal(rows[1].refusal, "It can't be fetched from rtsp://192.0.2.7: connection refused.");
});
