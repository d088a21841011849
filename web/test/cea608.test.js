import assert from 'node:assert/strict';
import { test } from 'node:test';

// hls.js is for browsers: it wants their name for the global object.
globalThis.self = globalThis;
const { timelineController: Captions } = await import('./.out/player/cea608.js');
const { default: Hls } = await import('hls.js');

function open() {
  const cues = [];
  const listeners = new Map();
  const hls = {
    config: { ...Hls.DefaultConfig, renderTextTracksNatively: false },
    levels: [{ attrs: { 'CLOSED-CAPTIONS': 'NONE' } }],
    on: (event, run, context) => listeners.set(event, [...(listeners.get(event) ?? []), (data) => run.call(context, event, data)]),
    trigger: (event, data) => event === Hls.Events.CUES_PARSED && cues.push(...data.cues),
  };
  globalThis.VTTCue = class {
    constructor(startTime, endTime, text) {
      Object.assign(this, { startTime, endTime, text });
    }
  };
  new Captions(hls);
  const fire = (event, data) => listeners.get(event)?.forEach((run) => run(data));
  /** A part of a segment whose frames, 30 a second, carry these pairs of bytes. */
  const part = (sn, index, start, pairs) => {
    const frag = { type: 'main', sn, cc: 0, level: 0, end: start + 2 };
    const of = { index, end: start + pairs.length / 30 };
    fire(Hls.Events.FRAG_LOADING, { frag, part: of });
    const samples = pairs.map(([a, b], i) => ({ pts: start + i / 30, bytes: new Uint8Array([0x41, 0xff, 0xfc, a, b]) }));
    fire(Hls.Events.FRAG_PARSING_USERDATA, { frag, samples });
    fire(Hls.Events.FRAG_BUFFERED, { frag, part: of });
  };
  return { cues, part };
}

/** A caption that pops on (CEA-608 7.2): loaded, erased, written on row 15, shown. */
function caption(text) {
  const codes = [[0x14, 0x20], [0x14, 0x2e], [0x14, 0x70]];
  for (let i = 0; i < text.length; i += 2) codes.push([text.charCodeAt(i), text.charCodeAt(i + 1) || 0x20]);
  return [...codes, [0x14, 0x2f]];
}

test('a caption that goes over several parts is whole, and shown before it ends', () => {
  const { cues, part } = open();
  const pairs = caption('HELLO FROM SEOUL');
  const nothing = [0, 0];
  while (pairs.length < 24) pairs.push(nothing);
  for (let i = 0; i < 4; i++) part(7, i, i * 0.2, pairs.slice(i * 6, i * 6 + 6));
  part(8, 0, 0.8, Array(6).fill(nothing));
  assert.deepEqual([...new Set(cues.map(({ text }) => text))], ['HELLO FROM SEOUL']);
  assert.ok(Math.abs(cues[0].startTime - 11 / 30) < 0.001, 'from the frame that shows it');
  assert.equal(cues.at(-1).endTime, 1, 'as far as is buffered');
  for (let i = 1; i < cues.length; i++) assert.equal(cues[i].startTime, cues[i - 1].endTime, 'without a hole');
});

test('what was gathered before a jump is not mixed with what comes after', () => {
  const { cues, part } = open();
  part(7, 0, 0, caption('LOST WORDS').slice(0, 6));
  part(20, 0, 26, caption('NEW WORDS'));
  part(20, 1, 27, [[0, 0]]);
  assert.deepEqual([...new Set(cues.map(({ text }) => text))], ['NEW WORDS']);
});
