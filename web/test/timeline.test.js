import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timeline } from './.out/chat/timeline.js';

const message = (id, at, more = {}) => ({ id, text: id, at, sent: at, user: { id: 'u', name: 'U', role: 'guest' }, ...more });
const setup = (limits) => {
  const changes = [];
  const events = [];
  const timeline = new Timeline((change) => changes.push(change.kind), (event) => events.push(event.type), limits);
  return { timeline, changes, events, ids: () => timeline.shown.map(({ id }) => id).join(' ') };
};

test('messages wait for the picture, and late ones don’t', () => {
  const { timeline, ids } = setup();
  timeline.add([message('a', 1000), message('c', 3000), message('b', 2000)]);
  assert.equal(ids(), '', 'nothing is known of the picture yet');
  timeline.follow(1500);
  assert.equal(ids(), 'a');
  timeline.follow(2900);
  assert.equal(ids(), 'a b');
  timeline.add([message('late', 100)]);
  assert.equal(ids(), 'a b late', 'what comes late is not put in between');
  timeline.follow(3000);
  assert.equal(ids(), 'a b late c');
});

test('without a picture all is shown in its order', () => {
  const { timeline, ids } = setup();
  timeline.follow(Infinity);
  timeline.add([message('b', 2000), message('a', 1000)]);
  assert.equal(ids(), 'b a');
  timeline.follow(500);
  assert.equal(ids(), 'b a', 'what was seen stays when a picture comes');
});

test('the chat goes back with the picture', () => {
  const { timeline, ids, changes } = setup();
  timeline.follow(10_000);
  timeline.add([message('b', 9000), message('a', 1000), message('d', 12_000)]);
  timeline.follow(9500);
  assert.equal(ids(), 'b a', 'a picture that is measured better is not sought');
  timeline.follow(5000);
  assert.equal(ids(), 'a');
  assert.equal(changes.at(-1), 'rebuilt');
  timeline.follow(20_000);
  assert.equal(ids(), 'a b d');
});

test('nothing is shown twice', () => {
  const { timeline, ids } = setup();
  timeline.follow(Infinity);
  timeline.add([message('a', 1), message('b', 2), message('a', 1)]);
  timeline.add([message('b', 2), message('c', 3)]);
  assert.equal(ids(), 'a b c');
});

test('one’s own is shown at once, and goes back with the rest', () => {
  const { timeline, ids } = setup();
  timeline.follow(5000);
  timeline.add([message('mine', 9000, { user: { id: 'me' } }), message('other', 9000)], 'me');
  assert.equal(ids(), 'mine');
  timeline.follow(1000);
  assert.equal(ids(), '');
  timeline.follow(5000);
  assert.equal(ids(), 'mine');
});

test('what is deleted vanishes, waits no more and does not come back', () => {
  const { timeline, ids, changes } = setup();
  timeline.follow(5000);
  timeline.add([message('a', 1000), message('b', 2000), message('later', 9000)]);
  timeline.delete({ type: 'delete', ids: ['a', 'later'], sent: 1 });
  assert.equal(changes.at(-1), 'removed');
  timeline.removeShown(new Set(['a']));
  timeline.add([message('a', 1000)]);
  timeline.follow(10_000);
  assert.equal(ids(), 'b');
  timeline.delete({ type: 'delete', user: 'u', sent: 5000 });
  timeline.removeShown(new Set(['b']));
  timeline.add([message('old', 3000), message('new', 6000)]);
  assert.equal(ids(), 'new', 'only what the user had written by then');
});

test('waves and settings of a recording come with the picture', () => {
  const { timeline, events } = setup();
  timeline.follow(1000);
  timeline.add([{ type: 'wave', at: 2000, sent: 1500 }, { type: 'room', revision: 1, sent: 3000 }]);
  assert.deepEqual(events, []);
  timeline.follow(2500);
  assert.deepEqual(events, ['wave']);
  timeline.follow(3500);
  assert.deepEqual(events, ['wave', 'room']);
  // Sought: of what has passed only the settings count.
  timeline.reset([{ type: 'wave', at: 2000, sent: 1500 }, { type: 'room', revision: 1, sent: 3000 }, { type: 'wave', at: 9000, sent: 9000 }], 5000);
  assert.deepEqual(events, ['wave', 'room', 'room']);
  timeline.follow(9000);
  assert.equal(events.at(-1), 'wave');
});

test('memory is bounded: the oldest shown and the furthest to come go', () => {
  const { timeline, ids } = setup({ shown: 10, waiting: 5 });
  timeline.follow(100);
  timeline.add(Array.from({ length: 30 }, (_, i) => message(`m${i}`, i)));
  assert.equal(timeline.shown.length, 10);
  assert.equal(timeline.shown[0].id, 'm20');
  timeline.add(Array.from({ length: 9 }, (_, i) => message(`w${i}`, 200 + i)));
  assert.ok(timeline.overflowed);
  timeline.follow(1000);
  assert.match(ids(), /w4$/);
});
