import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shouldRetry } from './.out/player/retry.js';
import { PublicationChange } from './.out/player/publicationchange.js';

test('a new publication is loaded only when the player does not get to it by itself', () => {
  const cases = [
    // publication, the one loaded, ms that the picture stood still, now, want
    ['a', 'a', 60_000, 0, false],
    ['b', 'a', 60_000, 100_000, false], // it has only just begun, however long the pause was
    ['b', 'a', 63_000, 103_000, false],
    ['b', 'a', 500, 104_500, false], // it plays
    ['b', 'a', 65_000, 105_000, true],
    ['b', 'b', 65_000, 106_000, false], // was loaded
    ['c', 'b', 66_000, 107_000, false],
  ];
  const succession = new PublicationChange();
  for (const [publication, loaded, idle, now, want] of cases) {
    assert.equal(succession.isOverdue(publication, loaded, idle, now), want, `${publication} at ${now}`);
  }
});

test('a refused connection is tried again, as often as the policy allows', () => {
  const config = { maxNumRetry: 40 };
  const cases = [
    // attempts, response, what hls.js would do, want
    [0, { code: 0 }, false, true],
    [40, { code: 0 }, false, false],
    [0, { code: 404 }, false, false],
    [0, undefined, false, false],
    [3, { code: 503 }, true, true],
  ];
  for (const [count, response, retry, want] of cases) {
    assert.equal(shouldRetry(config, count, false, response, retry), want, JSON.stringify({ count, response }));
  }
});
