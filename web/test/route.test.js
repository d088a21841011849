import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folderOf, playlistURL, watchPath } from './.out/net/links.js';
import { routeFrom } from './.out/net/route.js';

const at = Date.UTC(2026, 10, 23, 20, 15);
const live = { stream: 'show', recording: null, at: null, clip: null };

test('a plain address is the live stream', () => {
  assert.deepEqual(routeFrom('/watch/show'), live);
  assert.deepEqual(routeFrom('/watch/show/', '?utm=1'), live);
});

test('recording, moment and clip are read from the query', () => {
  assert.deepEqual(routeFrom('/watch/show', '?recording=r1&at=2026-11-23T20:15:00.000Z'), { ...live, recording: 'r1', at });
  assert.deepEqual(routeFrom('/watch/show', '?start=2026-11-23T20:15:00Z&end=2026-11-23T20:15:30Z'), {
    ...live,
    clip: { start: at, end: at + 30_000 },
  });
});

test('a start alone is a moment, an end before the start is nothing', () => {
  assert.deepEqual(routeFrom('/watch/show', '?start=2026-11-23T20:15:00Z'), { ...live, at });
  assert.deepEqual(routeFrom('/watch/show', '?start=2026-11-23T20:15:00Z&end=2026-11-23T20:14:00Z'), live);
});

test('names lead nowhere else', () => {
  for (const id of ['.', '..', '...', '', 'x'.repeat(201)]) {
    assert.equal(routeFrom('/watch/show', `?recording=${id}`).recording, null, id);
  }
  const { recording } = routeFrom('/watch/show', '?recording=../../../etc%3Fx%23y');
  assert.equal(folderOf('a/b', recording), '/live/a%2Fb/recordings/..%2F..%2F..%2Fetc%3Fx%23y/');
});

test('a path made from a route leads back to it', () => {
  for (const route of [live, { ...live, recording: 'r &1', at }, { stream: 'Bühne 1/2', recording: 'r', at, clip: { start: at, end: at + 5 } }]) {
    const url = new URL(watchPath(route), 'http://host');
    assert.deepEqual(routeFrom(url.pathname, url.search), route);
  }
});

test('a clip is asked for with its span', () => {
  assert.equal(
    playlistURL('show', 'r1', { start: at, end: at + 1500 }),
    '/live/show/recordings/r1/index.m3u8?start=2026-11-23T20:15:00.000Z&end=2026-11-23T20:15:01.500Z',
  );
  assert.equal(playlistURL('show', null), '/live/show/index.m3u8');
});
