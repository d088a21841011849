import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStoryboard, thumbnailAt } from './.out/net/storyboard.js';

const folder = '/live/show/recordings/r1/';
const cue = (from, to, target) => `\n\n${from} --> ${to}\n${target}`;

test('cues are rectangles of sheets', () => {
  const vtt = `WEBVTT${cue('00:00.000', '00:05.000', 'sheet-0.jpg#xywh=0,0,160,90')}${cue('01:00:05.500', '01:00:10.000', 'sheet-1.jpg#xywh=160,90,160,90')}`;
  assert.deepEqual(parseStoryboard(vtt, folder), [
    { start: 0, end: 5, sheet: `${folder}sheet-0.jpg`, x: 0, y: 0, width: 160, height: 90 },
    { start: 3605.5, end: 3610, sheet: `${folder}sheet-1.jpg`, x: 160, y: 90, width: 160, height: 90 },
  ]);
});

test('line ends, byte order marks, identifiers and settings do not matter', () => {
  const vtt = '\uFEFFWEBVTT made here\r\n\r\nfirst\r\n00:00.000 --> 00:05.000 align:start\r\nsheet-0.jpg#xywh=0,0,160,90\r\n';
  assert.equal(parseStoryboard(vtt, folder).length, 1);
});

test('a sheet is a file beside the storyboard and nothing else', () => {
  const targets = [
    'https://elsewhere/x.jpg', '//elsewhere/x.jpg', '/x.jpg', '../x.jpg', '..', 'a/b.jpg', 'javascript:alert(1)', 'data:image/png,x',
    'x.jpg?y', 'a%2Fb.jpg', '"><img src=x>', 'a\\b.jpg',
  ];
  for (const target of targets) {
    assert.deepEqual(parseStoryboard(`WEBVTT${cue('00:00.000', '00:05.000', `${target}#xywh=0,0,9,9`)}`, folder), [], target);
  }
});

test('nonsense is left out and the rest is kept', () => {
  const bad = ['x.jpg', 'x.jpg#xywh=0,0,0,90', 'x.jpg#xywh=-1,0,9,9', 'x.jpg#xywh=99999,0,9,9', 'x.jpg#xywh=1,2,3', 'x.jpg#xywh=NaN,0,9,9'];
  const good = cue('00:10.000', '00:15.000', 'x.jpg#xywh=0,0,9,9');
  for (const target of bad) {
    assert.equal(parseStoryboard(`WEBVTT${cue('00:00.000', '00:05.000', target)}${good}`, folder).length, 1, target);
  }
  const backwards = cue('00:05.000', '00:01.000', 'x.jpg#xywh=0,0,9,9') + good + cue('00:02.000', '00:03.000', 'x.jpg#xywh=0,0,9,9');
  assert.equal(parseStoryboard(`WEBVTT${backwards}`, folder).length, 1);
});

test('what is no storyboard has no thumbnails', () => {
  for (const text of ['', '<!doctype html>', '{}', 'WEBVTT', 'WEBVTT\n\n00:00.000 --> ', '\0'.repeat(1000)]) {
    assert.deepEqual(parseStoryboard(text, folder), []);
  }
});

test('a file of any size costs a bounded amount', () => {
  const endless = `WEBVTT${cue('00:00.000', '00:05.000', 'x.jpg#xywh=0,0,9,9').repeat(60_000)}`;
  assert.equal(parseStoryboard(endless, folder).length, 21_600);
  const began = performance.now();
  parseStoryboard(`WEBVTT\n${'0'.repeat(3_000_000)}\n${':'.repeat(900_000)}`, folder);
  assert.ok(performance.now() - began < 1000);
});

test('each moment has its thumbnail', () => {
  const all = parseStoryboard(`WEBVTT${cue('00:02.000', '00:05.000', 'a.jpg#xywh=0,0,9,9')}${cue('00:05.000', '00:09.000', 'b.jpg#xywh=0,0,9,9')}`, folder);
  assert.equal(thumbnailAt(all, 1), null);
  assert.equal(thumbnailAt(all, 4.9).sheet, `${folder}a.jpg`);
  assert.equal(thumbnailAt(all, 5).sheet, `${folder}b.jpg`);
  assert.equal(thumbnailAt(all, 500).sheet, `${folder}b.jpg`);
  assert.equal(thumbnailAt([], 5), null);
});
