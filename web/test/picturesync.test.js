import assert from 'node:assert/strict';
import { test } from 'node:test';
import { syncToPicture } from './.out/chat/picturesync.js';
import { Timeline } from './.out/chat/timeline.js';
import { dateAt } from './.out/player/segmentdates.js';
import { ShownPicture } from './.out/player/shownpicture.js';

const NOON = Date.UTC(2026, 10, 23, 12);

/** A video element whose frames are put on the screen by hand. */
class FakeVideo extends EventTarget {
  currentTime = 0;
  readyState = 4;
  seeking = false;
  videoWidth = 640;
  #run = null;

  requestVideoFrameCallback(run) {
    this.#run = run;
    return 1;
  }

  /** A frame is on the screen. */
  paint(mediaTime) {
    const run = this.#run;
    this.#run = null;
    run?.(0, { mediaTime });
  }

  seek(time) {
    this.currentTime = time;
    this.seeking = true;
    this.dispatchEvent(new Event('seeking'));
  }

  arrive() {
    this.seeking = false;
    this.paint(this.currentTime);
  }
}

/** A page: a room's timeline beside a picture. check fails when a message is shown before its picture. */
function watch() {
  const video = new FakeVideo();
  const page = { video, segments: [{ start: 0, duration: 1000, programDateTime: NOON }], inStep: true, coming: true, furthest: -Infinity };
  const picture = new ShownPicture(video, () => true);
  const timeline = new Timeline(() => undefined);
  let written = 0;
  const date = () => (picture.time === null ? null : dateAt(page.segments, picture.time));
  return Object.assign(page, {
    timeline,
    date,
    shown: () => timeline.shown.map(({ text }) => text).join(' '),
    /** Somebody whose picture shows so many seconds of media time writes. */
    say(seconds, text = String(seconds)) {
      const at = NOON + seconds * 1000;
      timeline.add([{ id: `m${written++}`, text, at, sent: at, user: { id: 'u', name: 'U', role: 'guest' } }]);
      page.check();
    },
    paint(time) {
      video.currentTime = Math.max(video.currentTime, time);
      video.paint(time);
      page.furthest = Math.max(page.furthest, dateAt(page.segments, time));
    },
    tick() {
      syncToPicture(timeline, { date: date(), coming: page.coming }, page.inStep);
      page.check();
    },
    check() {
      for (const message of timeline.shown) assert.ok(message.at <= page.furthest, `“${message.text}” is shown ${message.at - page.furthest} ms before its picture`);
    },
  });
}

test('a message is shown with its picture, not with the clock of the player', () => {
  const page = watch();
  page.paint(10);
  page.tick();
  page.say(11);
  page.video.currentTime = 14; // the clock runs on, the frames come late
  page.tick();
  assert.equal(page.shown(), '');
  page.paint(10.9);
  page.tick();
  assert.equal(page.shown(), '');
  page.paint(11);
  page.tick();
  assert.equal(page.shown(), '11');
});

test('a seek back: what was written later waits, also until the first frame is there', () => {
  for (const back of [0.4, 1.4, 3, 60]) {
    const page = watch();
    page.paint(100);
    page.tick();
    page.video.seek(100 - back);
    page.tick();
    page.video.arrive();
    page.tick();
    page.say(100 - back / 2, 'later');
    page.say(100 - back, 'now');
    assert.equal(page.shown(), 'now', `${back} s back`);
    page.paint(100 - back / 2);
    page.tick();
    assert.equal(page.shown(), 'now later', `${back} s back`);
  }
});

test('a seek on: nothing is shown before the picture is', () => {
  const page = watch();
  page.paint(10);
  page.tick();
  page.say(30);
  page.video.seek(50);
  page.tick();
  assert.equal(page.shown(), '');
  page.video.seeking = false; // sought, and the old frame is still on the screen
  page.tick();
  page.video.paint(10);
  page.tick();
  assert.equal(page.shown(), '');
  page.paint(50);
  page.tick();
  assert.equal(page.shown(), '30');
});

test('a stall, however long, shows nothing more', () => {
  const page = watch();
  page.paint(10);
  page.tick();
  page.video.readyState = 1;
  for (let i = 0; i < 10_000; i++) page.tick();
  page.say(9);
  page.say(11);
  assert.equal(page.shown(), '9', 'what its picture was shown of may be read');
  page.video.readyState = 4;
  page.paint(11);
  page.tick();
  assert.equal(page.shown(), '9 11');
});

test('a picture that is long in coming shows nothing before it', () => {
  const page = watch();
  page.video.readyState = 0;
  page.say(5);
  for (let i = 0; i < 10_000; i++) page.tick();
  assert.equal(page.shown(), '');
  page.video.readyState = 4;
  page.paint(6);
  page.tick();
  assert.equal(page.shown(), '5');
});

test('dates that are measured anew', () => {
  for (const by of [-1.2, -20]) {
    const page = watch();
    page.paint(10);
    page.tick();
    page.segments = [{ start: 0, duration: 1000, programDateTime: NOON + by * 1000 }];
    page.furthest = -Infinity; // what was shown before was of other dates
    page.paint(10.1);
    page.tick();
    page.say(10 + by, 'now');
    page.say(10 + by / 2, 'later');
    assert.equal(page.shown(), 'now', `${by} s`);
    page.paint(10 - by / 2);
    page.tick();
    assert.equal(page.shown(), 'now later', `${by} s`);
  }
});

test('any rate of playback, with frames left out', () => {
  for (const rate of [0.5, 1.04, 2, 16]) {
    const page = watch();
    for (let i = 1; i < 60; i++) page.say(i * 0.37);
    for (let time = 0; time < 23; time += 0.2 * rate) {
      page.video.currentTime = time;
      page.tick();
      page.paint(Math.max(0, time - 0.08));
      page.tick();
    }
    page.paint(23);
    page.tick();
    assert.equal(page.timeline.shown.length, 59, `rate ${rate}`);
  }
});

test('without a picture to come all is shown, and nothing more once one comes', () => {
  const page = watch();
  page.coming = false;
  page.video.readyState = 0;
  page.furthest = Infinity;
  page.tick();
  page.say(1);
  assert.equal(page.shown(), '1');
  page.coming = true;
  page.tick();
  page.furthest = NOON + 1000;
  page.say(5);
  assert.equal(page.shown(), '1', 'the show begins, and its picture is not there yet');
  page.video.readyState = 4;
  page.paint(5);
  page.tick();
  assert.equal(page.shown(), '1 5');
});

test('who wants all at once gets it, and can go back', () => {
  const page = watch();
  page.paint(10);
  page.furthest = Infinity;
  page.inStep = false;
  page.tick();
  page.say(60);
  assert.equal(page.shown(), '60');
  page.inStep = true;
  page.tick();
  page.say(61);
  assert.equal(page.shown(), '60', 'what was seen stays');
});

test('sound alone, and browsers that tell nothing of frames, go by the clock', () => {
  const sound = new FakeVideo();
  sound.videoWidth = 0;
  const silent = new FakeVideo();
  silent.requestVideoFrameCallback = undefined;
  for (const [video, watched] of [[sound, true], [silent, true], [new FakeVideo(), false]]) {
    const picture = new ShownPicture(video, () => watched);
    video.currentTime = 7;
    assert.equal(picture.time, 7);
    video.seek(3);
    assert.equal(picture.time, null);
  }
  const hidden = new FakeVideo();
  const picture = new ShownPicture(hidden, () => true);
  assert.equal(picture.time, null);
  hidden.currentTime = 11;
  assert.equal(picture.time, 11, 'a page in the background gets no frames');
});

test('a paused picture that is on the screen before its seek is over counts', () => {
  const page = watch();
  page.paint(10);
  page.tick();
  page.say(200);
  page.say(300);
  page.video.seek(250);
  page.tick();
  assert.equal(page.shown(), '');
  page.paint(249.96); // the last frame for now
  page.video.seeking = false;
  page.tick();
  assert.equal(page.shown(), '200');
});

test('a picture from before a seek does not count after it', () => {
  const page = watch();
  page.paint(10);
  page.tick();
  page.say(12);
  page.video.seek(250);
  page.video.paint(10.03); // was on its way
  page.video.seeking = false;
  assert.equal(page.date(), null);
  page.video.seek(5);
  page.video.paint(10.07);
  page.video.seeking = false;
  assert.equal(page.date(), null);
});
