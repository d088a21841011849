import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayActOn } from './.out/moderation/actions.js';
import { auditEntries, auditLine } from './.out/moderation/auditline.js';
import { EMOJI, find, typedName } from './.out/room/emoji.js';
import { compact, rateText } from './.out/room/ratetext.js';
import { roomRules, duration } from './.out/room/roomrules.js';
import { bars, isOver, stillShown, timeLeft, totalVotes, Votes } from './.out/room/pollstate.js';

const poll = (votes, more = {}) => ({ id: 'p', question: 'Which?', options: votes.map((v, i) => ({ text: `o${i}`, votes: v })), ends: 60_000, ...more });

test('a poll’s percentages add up', () => {
  assert.deepEqual(bars(poll([1, 1, 1])).map((b) => b.percent), [34, 33, 33]);
  assert.deepEqual(bars(poll([0, 0])).map((b) => [b.percent, b.leads]), [[0, false], [0, false]]);
  assert.deepEqual(bars(poll([412, 388, 97])).map((b) => b.percent), [46, 43, 11]);
  assert.deepEqual(bars(poll([2, 2, 1])).map((b) => b.leads), [true, true, false]);
  for (let i = 0; i < 200; i++) {
    const votes = Array.from({ length: 2 + (i % 5) }, (_, k) => (i * 7919 * (k + 1)) % 1000);
    assert.equal(bars(poll(votes)).reduce((sum, b) => sum + b.percent, 0), totalVotes(poll(votes)) > 0 ? 100 : 0);
  }
});

test('a poll ends, and its result stays for a while', () => {
  assert.equal(isOver(poll([1]), 59_999), false);
  assert.equal(isOver(poll([1]), 60_000), true);
  assert.equal(isOver(poll([1], { over: true }), 0), true);
  assert.equal(timeLeft(poll([1]), 0), '1:00 left');
  assert.equal(timeLeft(poll([1], { ends: 185_000 }), 100), '3:05 left');
  assert.equal(timeLeft(poll([1]), 90_000), '0:00 left');
  assert.ok(stillShown(poll([1]), 100_000) && !stillShown(poll([1]), 121_000));
});

test('votes are remembered, the newest twenty of them, also where storage fails', () => {
  const kept = new Map();
  const votes = new Votes(() => ({ getItem: (k) => kept.get(k) ?? null, setItem: (k, v) => kept.set(k, v) }));
  assert.equal(votes.get('p'), null);
  votes.set('p', 2);
  assert.equal(votes.get('p'), 2);
  for (let i = 0; i < 30; i++) votes.set(`q${i}`, 0);
  assert.equal(votes.get('p'), null);
  assert.equal(votes.get('q29'), 0);
  kept.set('lightstick.votes', '{"x":"<b>","y":');
  assert.equal(votes.get('x'), null);
  const none = new Votes(() => {
    throw new Error('forbidden');
  });
  none.set('p', 1);
  assert.equal(none.get('p'), null);
});

test('the composer says what rules hold', () => {
  const room = (more) => ({ type: 'room', revision: 1, sent: 1, ...more });
  assert.deepEqual(roomRules(room({}), null), []);
  assert.deepEqual(roomRules(room({ slow: 10, members: true, emotes: true }), null), ['Slow mode: 10 seconds between messages', 'Members only', 'Emotes only']);
  assert.deepEqual(roomRules(room({ closed: true, slow: 5 }), { role: 'host' }), ['Chat is closed for everybody else']);
  assert.deepEqual(roomRules(room({ closed: true }), { role: 'guest' }), ['Chat is closed for now']);
  assert.deepEqual([1, 60, 90, 3600, 7200, 86_400].map(duration), ['1 second', '1 minute', '90 seconds', '1 hour', '2 hours', '1 day']);
});

test('a busy room tells how busy it is, and how much of it is shown', () => {
  assert.equal(rateText({ viewers: 1, rate: 3, shown: 1 }), '');
  assert.equal(rateText({ viewers: 1, rate: 812, shown: 0.123 }), '812 messages a second, showing 1 of 8');
  assert.equal(rateText({ viewers: 1, rate: 120, shown: 0.83 }), '120 messages a second, most of them shown');
  assert.equal(rateText({ viewers: 1, rate: 50_000, shown: 0.002 }), '50K messages a second, showing 1 of 500');
  assert.equal(rateText({ viewers: 1, rate: 5, shown: 0 }), '5 messages a second, none of them shown');
  assert.deepEqual([0, 0.3, 999, 9999, 12_340, 1.5e6].map(compact), ['0', '1', '999', '9,999', '12.3K', '1.5M']);
});

test('one acts on those below, not on oneself, equals and betters', () => {
  const someone = (id, role) => ({ id, role, name: id });
  assert.equal(mayActOn(someone('m', 'moderator'), someone('u', 'guest')), true);
  assert.equal(mayActOn(someone('m', 'moderator'), someone('m', 'moderator')), false);
  assert.equal(mayActOn(someone('m', 'moderator'), someone('n', 'moderator')), false);
  assert.equal(mayActOn(someone('m', 'moderator'), someone('h', 'host')), false);
  assert.equal(mayActOn(someone('h', 'host'), someone('m', 'moderator')), true);
  assert.equal(mayActOn(null, someone('u', 'guest')), false);
});

test('the log is read as far as it is understood', () => {
  const entry = { at: '2026-11-23T16:04:00Z', act: 'ban', actor: 'u1', actor_name: 'Ana', user: 'u2', user_name: 'troll', reason: 'spam' };
  assert.equal(auditEntries([entry]).map(auditLine)[0], 'Ana banned · troll: spam');
  assert.equal(auditEntries({ acts: [entry] }).length, 1);
  assert.equal(auditLine(auditEntries([{ at: 5, act: 'dance', actor: 'u1' }])[0]), 'u1 dance');
  assert.deepEqual(auditEntries([null, 3, {}, { at: 'never', act: 'ban' }, { at: 1 }]), []);
  for (const answer of [null, 'x', 7, {}, { acts: 3 }]) assert.deepEqual(auditEntries(answer), []);
});

test('emotes are found by the beginning of a word, one’s own first', () => {
  const emotes = { mina_wave: '/w.svg', love_mina: '/l.svg' };
  assert.deepEqual(find('mina', emotes, 5).map((s) => s.insert), [':mina_wave:', ':love_mina:']);
  assert.equal(find('fire', {}, 3)[0].insert, '🔥');
  assert.equal(find('heart', {}, 5).length, 5);
  assert.deepEqual(find('zzz', emotes, 5), []);
  const all = EMOJI.flatMap((g) => g.emoji);
  assert.ok(all.length > 100 && all.every((e) => e.text && e.words && !/[a-z]/i.test(e.text)), 'each has a picture and a name');
  assert.equal(new Set(all.map((e) => e.text)).size, all.length);
});

test('a name is completed where one is being typed', () => {
  assert.deepEqual(typedName('hello :mi', 9), { from: 6, query: 'mi' });
  assert.deepEqual(typedName(':mi', 3), { from: 0, query: 'mi' });
  assert.deepEqual(typedName('hello :mina: x', 9), { from: 6, query: 'mi' });
  for (const [text, at] of [['12:30', 5], ['http://x', 8], [':m', 2], ['hello', 5], [': mi', 4], [':mi ', 4]]) assert.equal(typedName(text, at), null, text);
});
