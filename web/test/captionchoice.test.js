import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captionName, captionsOf, chosenCaptions } from './.out/player/captionchoice.js';

const track = (kind, label = '', language = '') => ({ kind, label, language });

test('captions are what is read', () => {
  const tracks = [track('metadata', 'id3'), track('captions', 'CC1'), track('chapters'), track('subtitles', '', 'ko')];
  assert.deepEqual(captionsOf(tracks).map(captionName), ['CC1', 'ko']);
  assert.equal(captionName(track('captions')), 'Captions');
});

test('the remembered choice, or else another, or none', () => {
  const [one, two] = [track('captions', 'CC1'), track('captions', 'CC2')];
  for (const [tracks, wanted, chosen] of [
    [[one, two], '', null],
    [[one, two], 'CC2', two],
    [[one], 'CC2', one],
    [[], 'CC1', null],
  ]) assert.equal(chosenCaptions(tracks, wanted), chosen);
});
