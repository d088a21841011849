import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlockList } from './.out/chat/blocked.js';
import { reportedMessages } from './.out/moderation/reportedmessages.js';

const storage = (kept = {}) => ({ getItem: (key) => kept[key] ?? null, setItem: (key, value) => (kept[key] = value), kept });
const by = (id) => ({ user: { id } });

test('whom one blocks is not shown, also after a reload, until one lets her be', () => {
  const kept = storage();
  let changes = 0;
  const blocked = new BlockList(() => kept, () => changes++);
  const messages = [by('a'), by('b'), by('a')];
  assert.equal(blocked.without(messages), messages);
  blocked.add({ id: 'a', name: 'Troll' });
  assert.deepEqual(blocked.without(messages), [by('b')]);
  const again = new BlockList(() => kept);
  assert.ok(again.has('a'));
  assert.deepEqual(again.list, [{ id: 'a', name: 'Troll' }]);
  again.remove('a');
  again.remove('a');
  assert.deepEqual(new BlockList(() => kept).list, []);
  assert.equal(changes, 1);
});

test('what is kept may be anything, and storage may be forbidden', () => {
  for (const text of ['', '{', '{}', '[1, null, {"id": 2}]', '[{"id": "a"}]']) assert.deepEqual(new BlockList(() => storage({ 'lightstick.chat.blocked': text })).list, []);
  const blocked = new BlockList(() => {
    throw new Error('forbidden');
  });
  blocked.add({ id: 'a', name: '' });
  assert.ok(blocked.has('a'));
  for (let i = 0; i < 600; i++) blocked.add({ id: `u${i}`, name: '' });
  assert.equal(blocked.list.length, 500);
});

test('reports come by message, the most reported first', () => {
  const entry = (message, actor, more = {}) => ({ at: '2026-11-23T20:00:00Z', act: 'report', message, user: `id of ${message}`, user_name: 'Troll', actor_name: actor, detail: { text: 'rude' }, ...more });
  const list = reportedMessages([
    entry('m1', 'Mina', { reason: 'spam' }), entry('m2', 'Jun'), entry('m2', 'Leo', { reason: 'rude', at: '2026-11-23T20:01:00Z' }), entry('m3', 'X', { detail: { refused: 'no' } }),
    { at: '2026-11-23T20:00:00Z', act: 'ban', user: 'x' }, entry('', 'Nobody'),
  ]);
  assert.deepEqual(list.map(({ message, reporters, reasons, authorName, author, text }) => [message, reporters, reasons, authorName, author, text]), [
    ['m2', ['Jun', 'Leo'], ['rude'], 'Troll', 'id of m2', 'rude'],
    ['m1', ['Mina'], ['spam'], 'Troll', 'id of m1', 'rude'],
  ]);
});
