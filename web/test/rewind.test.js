import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rewind } from './.out/player/rewind.js';

test('who goes back stays back', () => {
  const rewind = new Rewind();
  rewind.setByPosition(600);
  for (const behind of [601, 640, 12, 4]) {
    rewind.observe(behind);
    assert.ok(rewind.active);
  }
});

test('who was thrown behind has not rewound', () => {
  const rewind = new Rewind();
  rewind.observe(25);
  assert.ok(!rewind.active);
});

test('whoever reaches the edge is live again', () => {
  const rewind = new Rewind();
  for (const back of [() => rewind.observe(1), () => rewind.setByPosition(0.5), () => rewind.reset()]) {
    rewind.setByPosition(600);
    back();
    assert.ok(!rewind.active);
  }
});
