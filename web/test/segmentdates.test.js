import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dateAt, timeAt } from './.out/player/segmentdates.js';

const noon = Date.UTC(2026, 10, 23, 12);
// Ten seconds, a pause of a minute, six seconds.
const paused = [
  { start: 0, duration: 5, programDateTime: noon },
  { start: 5, duration: 5, programDateTime: noon + 5000 },
  { start: 10, duration: 6, programDateTime: noon + 70_000 },
];

test('dates lead to media times and back', () => {
  assert.equal(timeAt(paused, noon + 7500), 7.5);
  assert.equal(dateAt(paused, 7.5), noon + 7500);
  assert.equal(timeAt(paused, noon + 71_000), 11);
  assert.equal(dateAt(paused, 11), noon + 71_000);
});

test('a moment in a pause is the end of what came before', () => {
  assert.equal(timeAt(paused, noon + 40_000), 10);
});

test('moments outside are its ends', () => {
  assert.equal(timeAt(paused, noon - 1), 0);
  assert.equal(timeAt(paused, noon + 1e9), 16);
});

test('a playlist without dates has none', () => {
  const undated = [{ start: 0, duration: 5, programDateTime: null }];
  for (const segments of [[], undated]) {
    assert.equal(timeAt(segments, noon), null);
    assert.equal(dateAt(segments, 1), null);
  }
});
