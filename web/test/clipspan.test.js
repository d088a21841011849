import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proposeClip, withEnd, withStart } from './.out/player/clipspan.js';

const show = { start: 100, end: 400 };

test('a clip begins as what was just seen', () => {
  assert.deepEqual(proposeClip(200, show), { start: 170, end: 200 });
  assert.deepEqual(proposeClip(105, show), { start: 100, end: 130 });
  assert.deepEqual(proposeClip(10, { start: 0, end: 12 }), { start: 0, end: 12 });
});

test('ends move within the show', () => {
  assert.deepEqual(withStart({ start: 170, end: 200 }, 150, show), { start: 150, end: 200 });
  assert.deepEqual(withStart({ start: 170, end: 200 }, 0, show), { start: 100, end: 200 });
  assert.deepEqual(withEnd({ start: 170, end: 200 }, 999, show), { start: 170, end: 400 });
});

test('an end that is met is pushed along and keeps the length', () => {
  assert.deepEqual(withStart({ start: 170, end: 200 }, 250, show), { start: 250, end: 280 });
  assert.deepEqual(withEnd({ start: 170, end: 200 }, 150, show), { start: 120, end: 150 });
});

test('a clip is never empty', () => {
  assert.deepEqual(withStart({ start: 390, end: 400 }, 400, show), { start: 399, end: 400 });
  assert.deepEqual(withEnd({ start: 100, end: 110 }, 100, show), { start: 100, end: 101 });
});
