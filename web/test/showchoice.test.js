import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseShow } from './.out/watch/showchoice.js';

const route = { stream: 'show', recording: null, at: null, clip: null };
const clip = { start: 50_000, end: 60_000 };
const status = (fields) => ({ kind: 'status', status: fields });

test('a link to the stream is live, a link to a recording is that', () => {
  assert.deepEqual(chooseShow(route, null), { kind: 'live' });
  assert.deepEqual(chooseShow({ ...route, recording: 'r1' }, null), { kind: 'recorded', recording: 'r1' });
});

test('a clip of a stream waits until its state is known', () => {
  assert.deepEqual(chooseShow({ ...route, clip }, null), { kind: 'undecided' });
  assert.deepEqual(chooseShow({ ...route, clip }, { kind: 'unreachable' }), { kind: 'undecided' });
});

test('it comes from the live window as long as that reaches back to it', () => {
  const live = (begins) => chooseShow({ ...route, clip }, status({ state: 'live', begins, recording: 'r1' })).recording;
  assert.equal(live(40_000), null);
  assert.equal(live(undefined), null);
  assert.equal(live(55_000), 'r1');
  assert.equal(chooseShow({ ...route, clip }, status({ state: 'ended', recording: 'r1' })).recording, 'r1');
  assert.equal(chooseShow({ ...route, clip }, status({ state: 'ended' })).recording, null);
});
