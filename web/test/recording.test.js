import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contains, clipOffset, parseRecording } from './.out/net/recording.js';

const json = {
  id: 'r1', stream: 'show', title: 'Opening night', start: '2026-11-23T20:00:00Z', end: '2026-11-23T21:00:00Z', duration_ms: 3_600_000,
  size: 9, created: '2026-11-23T21:00:01Z', poster: 'poster.jpg', storyboard: 'storyboard.vtt',
};

test('recording.json is read', () => {
  assert.deepEqual(parseRecording(json), {
    id: 'r1', title: 'Opening night', clipOf: '', start: Date.UTC(2026, 10, 23, 20), end: Date.UTC(2026, 10, 23, 21), durationMs: 3_600_000,
    expires: 0, poster: 'poster.jpg', storyboard: 'storyboard.vtt',
  });
});

test('hostile JSON is no recording, or one without the hostile parts', () => {
  for (const none of [null, 5, 'x', [], {}, { id: '..', start: json.start }, { id: 'r1' }, { id: 'r1', start: 'x' }, { id: {}, start: json.start }]) {
    assert.equal(parseRecording(none), null);
  }
  for (const name of ['../x.jpg', 'https://elsewhere/x.jpg', '//x', 'a/b', '.hidden', 5, {}, 'x'.repeat(500)]) {
    const { poster, storyboard } = parseRecording({ ...json, poster: name, storyboard: name });
    assert.deepEqual([poster, storyboard], ['', '']);
  }
  const odd = parseRecording({ ...json, title: { toString: 'x' }, end: 'never', duration_ms: -1, expires: [], clip_of: 7 });
  assert.deepEqual([odd.title, odd.end, odd.durationMs, odd.expires, odd.clipOf], ['', odd.start, 0, 0, '']);
});

test('a recording contains the moments between its ends', () => {
  const recording = parseRecording(json);
  assert.ok(contains(recording, recording.start));
  assert.ok(!contains(recording, recording.end));
  assert.ok(!contains(recording, recording.start - 1));
});

test('thumbnails of a clip are found by its date, unless pauses lie between', () => {
  const recording = parseRecording(json);
  assert.equal(clipOffset(recording, recording.start + 90_000), 90);
  assert.equal(clipOffset({ ...recording, durationMs: 3_000_000 }, recording.start + 90_000), null);
});
