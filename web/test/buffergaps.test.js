import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endOfGap } from './.out/player/buffergaps.js';

const buffered = (...ranges) => ({ length: ranges.length, start: (i) => ranges[i][0], end: (i) => ranges[i][1] });

test('playback goes on after a short hole', () => {
  for (const [name, ranges, time, want] of [
    ['before it', [[12.4, 13.8], [14, 18.8]], 13.7, null],
    ['the last picture before it stands', [[12.4, 13.8], [14, 18.8]], 13.77, 14.01],
    ['in it', [[12.4, 13.8], [14, 18.8]], 13.9, 14.01],
    ['after it', [[12.4, 13.8], [14, 18.8]], 14, null],
    ['in the second one', [[0, 1], [1.1, 2], [2.1, 5]], 2.05, 2.11],
    ['too little follows yet', [[12.4, 13.8], [14, 14.1]], 13.9, null],
    ['a long one is the player’s affair', [[12.4, 13.8], [16, 18]], 13.9, null],
    ['at the end of what is there', [[12.4, 13.8]], 13.8, null],
    ['nothing is there', [], 0, null],
  ]) {
    assert.equal(endOfGap(buffered(...ranges), time), want, name);
  }
});
