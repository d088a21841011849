import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { ImageLoader } from './.out/net/imageloader.js';
import { previewURL } from './.out/player/segmentpreview.js';

const begin = Date.parse('2026-11-23T20:15:04Z');
/** Segments of two seconds from 20:15:04 on, at media time 100. */
const list = (count, more = {}) =>
  Array.from({ length: count }, (_, i) => ({
    start: 100 + 2 * i,
    duration: 2,
    programDateTime: begin + 2000 * i,
    url: `https://host/live/show/p/360p/${7 + i}.m4s`,
    ...more[i],
  }));
const picture = (number, publication = 'p') => `https://host/live/show/${publication}/preview/${number}.jpg`;

test('which picture is of which moment', () => {
  const gap = { gap: true };
  const cases = [
    ['the first ten seconds are not all listed', list(12), 100, picture(7)],
    ['the end of them', list(12), 105.9, picture(7)],
    ['the next ten seconds', list(12), 106, picture(10)],
    ['their end', list(12), 115.9, picture(10)],
    ['before the list', list(12), 3, picture(7)],
    ['the segment in the making', list(12), 125, picture(15)],
    ['a gap has the picture before it', list(12, { 4: gap }), 108, picture(10)],
    ['a gap at the beginning', list(12, { 3: gap }), 112, picture(11)],
    ['gaps alone', list(12, { 3: gap, 4: gap }), 108, null],
    ['another publication in the same ten seconds', list(12, { 3: { url: 'https://host/live/show/q/360p/10.m4s' } }), 106, picture(10, 'q')],
    ['the same, seen from what follows', list(12, { 3: { url: 'https://host/live/show/q/360p/10.m4s' } }), 108, picture(11)],
    ['longer segments', list(2, { 1: { start: 112, programDateTime: begin + 12_000 } }), 113, picture(8)],
    ['a ticket in the path and a query', list(1, { 0: { url: '/t/a.b.c/live/show/p/source/7.m4s?sig=1' } }), 100, '/t/a.b.c/live/show/p/preview/7.jpg?sig=1'],
    ['no dates', list(1, { 0: { programDateTime: null } }), 100, null],
    ['segments of another server', list(1, { 0: { url: 'https://host/seg7.ts' } }), 100, null],
    ['nothing is listed', [], 100, null],
  ];
  for (const [name, segments, time, want] of cases) assert.equal(previewURL(segments, time), want, name);
});

/** A loader that is answered by hand. */
function bench(context) {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  context.after(() => mock.timers.reset());
  const asked = [];
  let changes = 0;
  const load = (url) => new Promise((resolve, reject) => asked.push({ url, answer: () => resolve({ url, width: 240, height: 135 }), fail: () => reject(new Error('no')) }));
  const pictures = new ImageLoader(load, () => changes++);
  return { pictures, asked, urls: () => asked.map((a) => a.url), changes: () => changes, wait: (ms) => mock.timers.tick(ms), settle: () => new Promise((resolve) => setImmediate(resolve)) };
}

test('a picture is asked for once the pointer rests, and then there', async (t) => {
  const b = bench(t);
  assert.equal(b.pictures.get('a'), undefined);
  b.wait(100);
  assert.equal(b.pictures.get('b'), undefined);
  b.wait(100);
  assert.deepEqual(b.urls(), []);
  assert.equal(b.pictures.get('b'), undefined);
  b.wait(100);
  assert.deepEqual(b.urls(), ['b']);
  b.asked[0].answer();
  await b.settle();
  assert.equal(b.pictures.get('b').width, 240);
  assert.equal(b.changes(), 1);
  b.wait(10_000);
  assert.deepEqual(b.urls(), ['b']);
});

test('one at a time, and the last of those that were pointed at meanwhile', async (t) => {
  const b = bench(t);
  for (const url of ['a', 'b', 'c']) {
    b.pictures.get(url);
    b.wait(200);
  }
  assert.deepEqual(b.urls(), ['a']);
  b.asked[0].answer();
  await b.settle();
  assert.deepEqual(b.urls(), ['a', 'c']);
});

test('who has left asks for nothing', async (t) => {
  const b = bench(t);
  b.pictures.get('a');
  b.pictures.cancel();
  b.wait(1000);
  assert.deepEqual(b.urls(), []);
});

test('what failed is left alone for a while', async (t) => {
  const b = bench(t);
  b.pictures.get('a');
  b.wait(200);
  b.asked[0].fail();
  await b.settle();
  assert.equal(b.pictures.get('a'), null);
  assert.equal(b.changes(), 1);
  b.wait(10_000);
  assert.equal(b.pictures.get('a'), undefined);
  b.wait(200);
  assert.deepEqual(b.urls(), ['a', 'a']);
});

test('only the last ones are kept', async (t) => {
  const b = bench(t);
  for (let i = 0; i < 60; i++) {
    b.pictures.get(`p${i}`);
    b.wait(200);
    b.asked[i].answer();
    await b.settle();
  }
  assert.equal(b.pictures.get('p0'), undefined);
  assert.equal(b.pictures.get('p59').url, 'p59');
});
