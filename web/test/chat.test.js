import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameColorOf } from './.out/chat/namecolor.js';
import { Outbox } from './.out/chat/outbox.js';
import { NoAnswer, Refusal, refusalFrom } from './.out/chat/refusal.js';
import { MessageAnnouncer } from './.out/chat/announcer.js';
import { splitChatToken } from './.out/chat/chattoken.js';
import { objectsFor, parseIndex, parseObject } from './.out/chat/objectindex.js';
import { isFewEmoji, splitText } from './.out/chat/messagetext.js';

const reader = { me: 'Mina', names: ['Kim Jun', '준호'], isEmote: (name) => name === 'wave' };
const kinds = (text) => splitText(text, reader).map((p) => `${p.kind} ${p.text ?? p.href ?? p.name}${p.own ? ' own' : ''}`);

test('text is cut into what it is', () => {
  const cases = {
    'hello': ['text hello'],
    'a https://x.example/y, b': ['text a ', 'link https://x.example/y', 'text , b'],
    '(https://x.example/a(b))': ['text (', 'link https://x.example/a(b)', 'text )'],
    'javascript:alert(1) data:text/html,x': ['text javascript:alert(1) data:text/html,x'],
    'http://user:pw@x.example/': ['text http://user:pw@x.example/'],
    'http://localhost/': ['text http://localhost/'],
    'https://': ['text https://'],
    '@mina!': ['mention @mina own', 'text !'],
    '@Kim Jun hi': ['mention @Kim Jun', 'text  hi'],
    '@Kim Junior': ['mention @Kim', 'text  Junior'],
    '@준호야 안녕': ['mention @준호야', 'text  안녕'],
    'me@mail.example': ['text me@mail.example'],
    '@ @.': ['text @ @.'],
    ':wave::nope:': ['emote wave', 'text :nope:'],
  };
  for (const [text, want] of Object.entries(cases)) assert.deepEqual(kinds(text), want, text);
});

test('a host that only looks like another is shown for what it is', () => {
  const [link] = splitText('https://аррle.example/', reader);
  assert.match(link.host, /^xn--/);
});

test('a few emoji alone are large', () => {
  for (const text of ['💜', '👩‍👩‍👧‍👦🏳️‍🌈🇰🇷', '👍🏽 🔥']) assert.ok(isFewEmoji(text), text);
  for (const text of ['', '1', '💜💜💜💜', '💜!', '2️⃣', '하하']) assert.ok(!isFewEmoji(text), text);
});

test('refusals tell when to try again; what is no answer is lost', () => {
  const refusal = refusalFrom({ code: 4001, message: 'you are writing too fast; retry in 1200 ms' });
  assert.ok(refusal instanceof Refusal);
  assert.deepEqual([refusal.code, refusal.message, refusal.retryMs], [4001, 'You are writing too fast', 1200]);
  assert.equal(refusalFrom({ code: 4002, message: 'that word is not allowed' }).retryMs, 0);
  for (const error of [{ code: 1, message: 'timeout' }, new Error('x'), null, undefined, 'no']) assert.ok(refusalFrom(error) instanceof NoAnswer);
});

test('the token is taken out of the fragment, and nothing else', () => {
  const token = 'eyJh.eyJz.c2ln';
  const cases = [
    [`/watch/show#chat=${token}`, token, '/watch/show'],
    [`/watch/show?at=5#token=a.b.c&chat=${token}`, token, '/watch/show?at=5#token=a.b.c'],
    ['/watch/show#chat=<b>', null, '/watch/show'],
    ['/watch/show#chat', null, '/watch/show#chat'],
    ['/watch/show?chat=a.b.c', null, '/watch/show?chat=a.b.c'],
    [`/watch/show#chat=a.b.${'c'.repeat(4096)}`, null, '/watch/show'],
  ];
  for (const [href, want, address] of cases) assert.deepEqual(splitChatToken(`https://host${href}`), { token: want, address }, href);
});

test('of the room’s answers each settles the first that reads the same', () => {
  const box = new Outbox();
  const [one, two, three] = ['hi', 'hi', 'e\u0301\u0301  x'].map((text) => box.add(text, 0, undefined, 0));
  for (const pending of [one, two, three]) pending.state = 'sent';
  assert.ok(box.removeDelivered({ text: 'hi' }));
  assert.deepEqual(box.items, [two, three]);
  assert.ok(box.removeDelivered({ text: 'é x'.normalize('NFD') }), 'the server cleans texts');
  assert.ok(!box.removeDelivered({ text: 'other' }));
  assert.deepEqual(box.overdue(4000), []);
  assert.deepEqual(box.overdue(6000), [two]);
  for (let i = 0; i < 19; i++) box.add('x', 0, undefined, 0);
  assert.ok(box.full);
  assert.notEqual(one.nonce, two.nonce);
});

test('a busy room is told in figures, at a bounded rate', () => {
  const said = [];
  const speaker = new MessageAnnouncer((text) => said.push(text));
  speaker.addLines([{ name: 'Mina', text: 'hi' }]);
  speaker.tick(10_000);
  for (let i = 0; i < 60; i++) {
    speaker.addLines([{ name: 'Fan', text: 'x'.repeat(500) }]);
    speaker.tick(10_000 + i * 16);
  }
  speaker.tick(14_000);
  speaker.tick(14_001);
  assert.deepEqual(said, ['Mina: hi', '60 new messages']);
});

test('names keep their hue, and greys stay grey', () => {
  assert.deepEqual(nameColorOf({ id: 'u1' }), nameColorOf({ id: 'u1' }));
  assert.ok(Math.abs(nameColorOf({ id: 'x', color: '#ff0000' }).hue - 29) < 1);
  assert.ok(nameColorOf({ id: 'x', color: '#808080' }).chroma < 0.01);
  assert.equal(nameColorOf({ id: 'x', color: 'url(x)' }).chroma, 0.13);
});

test('an index is read, or not at all', () => {
  const object = { n: 3, date: 6000, duration: 2000, items: 2 };
  assert.deepEqual(parseIndex({ version: 1, first: 3, next: 4, objects: [object] }), { next: 4, objects: [{ n: 3, date: 6000, durationMs: 2000, items: 2, file: '3.json' }] });
  const files = (uri) => parseIndex({ version: 1, objects: [{ ...object, uri }] }).objects[0].file;
  assert.equal(files('../3f9c1a2b7d04/chat/3-1.json'), '../3f9c1a2b7d04/chat/3-1.json');
  for (const bad of ['https://x.example/3.json', '//x.example/3.json', '/3.json', '3.json?a', 'a/../3.json', 5]) assert.equal(files(bad), '3.json');
  for (const bad of [null, [], {}, { version: 2, objects: [] }, { version: 1, objects: [{ n: -1, date: 0 }] }, { version: 1, objects: [null] }]) assert.equal(parseIndex(bad), null);
});

test('of an object only what can be shown is read', () => {
  const message = { id: 'm1', text: 'hi', at: 1, sent: 2, user: { id: 'u', name: 'U', role: 'guest' } };
  const items = [message, { ...message, user: null }, { ...message, text: 5 }, { ...message, at: 'now' }, { type: 'delete', ids: ['m1'], sent: 3 }, { type: 'later', sent: 3 }, null, 7];
  assert.deepEqual(parseObject({ n: 1, items }), [message, items[4]]);
  assert.deepEqual(parseObject({ items: 'no' }), []);
});

test('gaps cost nothing: objects are found by their dates', () => {
  const objects = [0, 2000, 100_000, 102_000].map((date, n) => ({ n, date, durationMs: 2000, items: n === 1 ? 0 : 1 }));
  const numbers = (date) => objectsFor({ next: 4, objects }, date, 10_000, 30_000).map(({ n }) => n);
  assert.deepEqual(numbers(1000), [0]);
  assert.deepEqual(numbers(50_000), []);
  assert.deepEqual(numbers(71_000), [2]);
  assert.deepEqual(numbers(101_000), [2, 3]);
});
