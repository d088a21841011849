import assert from 'node:assert/strict';
import { test } from 'node:test';
import { behindLive, bitrate, compactCount, elapsed, latency, levelName, spoken } from './.out/ui/format.js';

test('viewers are counted compactly and never rounded up', () => {
  assert.equal(compactCount(0), '0');
  assert.equal(compactCount(999), '999');
  assert.equal(compactCount(1000), '1K');
  assert.equal(compactCount(1290), '1.2K');
  assert.equal(compactCount(12_999), '12K');
  assert.equal(compactCount(999_950), '999K');
  assert.equal(compactCount(2_400_000), '2.4M');
  assert.equal(compactCount(-3), '0');
});

test('elapsed time shows hours only when there are any', () => {
  assert.equal(elapsed(0), '0:00');
  assert.equal(elapsed(247_900), '4:07');
  assert.equal(elapsed(3_847_000), '1:04:07');
  assert.equal(elapsed(-5000), '0:00');
});

test('latency loses its decimals when they stop to matter', () => {
  assert.equal(latency(1.14), '1.1 s');
  assert.equal(latency(9.94), '9.9 s');
  assert.equal(latency(9.96), '10 s');
  assert.equal(latency(95), '1:35');
});

test('bit rates have a unit people know', () => {
  assert.equal(bitrate(5_240_000), '5.2 Mbit/s');
  assert.equal(bitrate(640_000), '640 kbit/s');
  assert.equal(bitrate(NaN), '–');
});

test('levels are named by their short side, and by frame rate where it is special', () => {
  assert.equal(levelName(1920, 1080, 59.94), '1080p60');
  assert.equal(levelName(1280, 720, 29.97), '720p');
  assert.equal(levelName(720, 1280, 30), '720p');
  assert.equal(levelName(480, 480), '480p');
  assert.equal(levelName(2560, 1080), '1080p');
  assert.equal(levelName(0, 0), 'Audio only');
});

test('behind live always tells hours, so that minutes are not taken for seconds', () => {
  assert.equal(behindLive(2530), '−0:42:10');
  assert.equal(behindLive(42), '−0:00:42');
  assert.equal(behindLive(3847.9), '−1:04:07');
});

test('durations are spoken in words', () => {
  assert.equal(spoken(3847), '1 hour 4 minutes 7 seconds');
  assert.equal(spoken(60), '1 minute');
  assert.equal(spoken(0.4), '0 seconds');
  assert.equal(spoken(7201), '2 hours 1 second');
});
