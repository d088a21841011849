import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatProgramDateTime, parseProgramDateTime } from './.out/net/programdatetime.js';

const moment = Date.UTC(2026, 10, 23, 20, 15);

test('moments are ISO 8601 with a zone, or seconds since 1970', () => {
  assert.equal(parseProgramDateTime('2026-11-23T20:15:00.000Z'), moment);
  assert.equal(parseProgramDateTime('2026-11-23T20:15:00Z'), moment);
  assert.equal(parseProgramDateTime('2026-11-24T05:15:00+09:00'), moment);
  assert.equal(parseProgramDateTime('1795464900'), moment);
});

test('a plus that a query turned into a space is a plus again', () => {
  const at = new URLSearchParams('at=2026-11-24T05:15:00+09:00').get('at');
  assert.equal(parseProgramDateTime(at), moment);
});

test('what is no moment is none', () => {
  const wrong = [null, '', 'now', '2026-11-23', '2026-11-23T20:15:00', '2026-13-40T99:99:99Z', '-5', '1e9', '99999999999', '9999-01-01T00:00:00Z', '1'.repeat(10_000)];
  for (const text of wrong) assert.equal(parseProgramDateTime(text), null, String(text).slice(0, 50));
});

test('links spell moments so that they are read back', () => {
  assert.equal(formatProgramDateTime(moment), '2026-11-23T20:15:00.000Z');
  assert.equal(parseProgramDateTime(formatProgramDateTime(moment + 123)), moment + 123);
});
