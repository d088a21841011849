import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseRecordingView, chooseView } from './.out/watch/scene.js';

const idle = { hasFrame: false, advancing: false, failed: false };
const playing = { hasFrame: true, advancing: true, failed: false };
const frozen = { hasFrame: true, advancing: false, failed: false };
const status = (state) => ({ kind: 'status', status: { state } });

test('before anything is known nothing is claimed', () => {
  assert.deepEqual(chooseView(null, idle), { scene: 'loading', notice: null });
});

test('what plays is never covered', () => {
  for (const report of [status('ended'), status('reconnecting'), { kind: 'unreachable' }, { kind: 'missing' }]) {
    assert.deepEqual(chooseView(report, playing), { scene: null, notice: null });
  }
});

test('a lost broadcaster freezes the last frame under a notice', () => {
  assert.deepEqual(chooseView(status('reconnecting'), frozen), { scene: null, notice: 'reconnecting' });
  assert.deepEqual(chooseView(status('reconnecting'), idle), { scene: 'reconnecting', notice: null });
});

test('a broadcaster who stopped is not called lost', () => {
  const stopped = { kind: 'status', status: { state: 'reconnecting', stopped: true } };
  for (const playback of [frozen, idle]) assert.deepEqual(chooseView(stopped, playback), { scene: 'stopped', notice: null });
  assert.deepEqual(chooseView(stopped, playing), { scene: null, notice: null });
});

test('a lost server freezes the last frame under a notice', () => {
  assert.deepEqual(chooseView({ kind: 'unreachable' }, frozen), { scene: null, notice: 'unreachable' });
  assert.deepEqual(chooseView({ kind: 'unreachable' }, idle), { scene: 'unreachable', notice: null });
});

test('a live show is covered only until its first frame, or after it failed', () => {
  assert.equal(chooseView(status('live'), idle).scene, 'starting');
  assert.equal(chooseView(status('live'), frozen).scene, null);
  assert.equal(chooseView(status('live'), { ...idle, failed: true }).scene, 'error');
});

test('an ended show shows its end once the buffer ran out', () => {
  assert.equal(chooseView(status('ended'), frozen).scene, 'ended');
  assert.equal(chooseView(status('offline'), idle).scene, 'offline');
});

test('a recording that is gone says so, once what is buffered has played', () => {
  for (const state of ['gone', 'expired']) {
    assert.equal(chooseRecordingView(state, playing, true).scene, null);
    assert.equal(chooseRecordingView(state, frozen, true).scene, state);
  }
});

test('a recording keeps its picture while it waits for the network', () => {
  assert.deepEqual(chooseRecordingView('unreachable', frozen, false), { scene: null, notice: 'unreachable' });
  assert.equal(chooseRecordingView('unreachable', idle, true).scene, 'unreachable');
});

test('the poster is the cover of a recording that loads', () => {
  assert.equal(chooseRecordingView('there', idle, true).scene, null);
  assert.equal(chooseRecordingView('there', idle, false).scene, 'starting');
  assert.equal(chooseRecordingView('there', { ...idle, failed: true }, true).scene, 'error');
});
