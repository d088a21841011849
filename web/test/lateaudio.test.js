import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LateAudio, hasAudio } from './.out/player/lateaudio.js';

test('sound is looked for a few times after each discontinuity', () => {
  const cases = [
    // discontinuity sequence number, now, want
    [0, 0, false],
    [0, 1000, true],
    [0, 1200, false],
    [0, 3000, true],
    [0, 7000, true],
    [0, 15_000, true],
    [0, 900_000, false],
    [1, 900_200, false],
    [1, 901_200, true],
    [2, 901_400, false],
    [2, 902_400, true],
  ];
  const late = new LateAudio();
  for (const [discontinuity, now, want] of cases) assert.equal(late.shouldReload(discontinuity, now), want, `${discontinuity} at ${now}`);
});

test('sound is a rendition, or a codec beside that of the picture', () => {
  const variant = (codecs) => `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="${codecs}",RESOLUTION=640x360\nsource.m3u8\n`;
  assert.equal(hasAudio(variant('avc1.42c01e')), false);
  assert.equal(hasAudio(variant('avc1.42c01e,mp4a.40.2')), true);
  assert.equal(hasAudio('#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",URI="audio.m3u8"\n' + variant('avc1.42c01e')), true);
  assert.equal(hasAudio('#EXTM3U\n#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="cc"\n' + variant('avc1.42c01e')), false);
});
