import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localNow, ServerClock } from './.out/net/serverclock.js';

const near = (actual, expected) => assert.ok(Math.abs(actual - expected) < 50, `${actual} is not near ${expected}`);

test('without an observation the server is believed to share our clock', () => {
  near(new ServerClock().now(), localNow());
});

test('the quickest exchange is the one believed', () => {
  const clock = new ServerClock();
  const now = localNow();
  clock.observe(now, now + 20, now + 10 + 5000);
  clock.observe(now, now + 900, now + 900 + 5000);
  near(clock.now(), localNow() + 5000);
});

test('old observations are forgotten', () => {
  const clock = new ServerClock();
  const now = localNow();
  clock.observe(now, now + 2, now + 1 + 9000);
  for (let i = 0; i < 8; i++) clock.observe(now, now + 40, now + 20 + 1000);
  near(clock.now(), localNow() + 1000);
});
