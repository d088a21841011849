// Drives the watch page against a stand-in for the server (fakeorigin.mjs): recordings,
// clips, rewinding, links to moments, and what goes wrong with them. Prints a line per
// check and exits non-zero if one failed. The argument is a folder for the film that
// plays, which is painted there once; with a second one, pictures are taken into it.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './chromium.mjs';
import { serve } from './fakeorigin.mjs';

const [film, pictures] = process.argv.slice(2);
if (pictures) mkdirSync(pictures, { recursive: true });
const DESKTOP = { viewport: { width: 1280, height: 720 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
const browser = await launch();

/** A visit to a fresh server by a fresh browser; what the page throws or logs about its policy is a failure. */
async function visit(check) {
  const origin = await serve(film);
  const contexts = [];
  const errors = [];
  const open = async (path, options = DESKTOP, shared = null) => {
    const context = shared ?? (await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'], ...options }));
    contexts.push(context);
    const page = await context.newPage();
    page.on('pageerror', (e) => errors.push(String(e)));
    page.on('console', (m) => m.type() === 'error' && m.text().includes('Content Security') && errors.push(m.text()));
    await page.goto(origin.url + path);
    return page;
  };
  try {
    await check({ open, state: origin.state, moment: (seconds) => new Date(origin.state.began + seconds * 1000).toISOString() });
    assert.deepEqual(errors, []);
  } finally {
    for (const context of new Set(contexts)) await context.close();
    origin.close();
  }
}

const look = (page) => page.evaluate(() => {
  const { video, playhead } = window.lightstick;
  const scene = document.getElementById('scene');
  return {
    time: video.currentTime, paused: video.paused, rate: video.playbackRate, date: playhead.date, range: playhead.range,
    behind: playhead.behind, rewound: playhead.rewind.active, scene: scene.hidden ? '' : scene.dataset.scene,
  };
});
const until = (page, condition) => page.waitForFunction(condition);
const playing = (page) => until(page, () => window.lightstick.video.currentTime > 0 && window.lightstick.video.readyState > 2 && !window.lightstick.video.seeking);
const near = (actual, wanted, by) => assert.ok(Math.abs(actual - wanted) <= by, `${actual} is not within ${by} of ${wanted}`);
const picture = async (page, name) => {
  if (!pictures) return;
  await page.evaluate(() => document.getElementById('player').removeAttribute('userinactive'));
  await page.waitForTimeout(400);
  await page.screenshot({ path: join(pictures, `${name}.png`) });
};

const checks = {
  'a recording plays, with a bar, thumbnails and keys': async ({ open, moment, state }) => {
    const page = await open(`/watch/over?recording=r1&at=${moment(100)}`);
    await playing(page);
    near((await look(page)).date, state.began + 100_000, 4000);
    const bar = await page.locator('#seek').boundingBox();
    await page.mouse.move(bar.x + bar.width * 0.7, bar.y + bar.height / 2);
    await until(page, () => document.getElementById('preview-sheet').naturalWidth > 0);
    assert.equal(await page.locator('#preview-time').textContent(), '3:30');
    await picture(page, 'recording');
    await page.mouse.click(bar.x + bar.width / 2, bar.y + bar.height / 2);
    near((await look(page)).time, 150, 3);
    await page.keyboard.press('k');
    const { time } = await look(page);
    for (const [key, moved] of [['ArrowRight', 5], ['ArrowLeft', 0], ['l', 10], ['j', 0], ['.', 1 / 30], [',', 0]]) {
      await page.keyboard.press(key);
      near((await look(page)).time, time + moved, 0.02);
    }
    await page.keyboard.press('3');
    near((await look(page)).time, 90, 0.1);
    await page.locator('#seek').focus();
    await page.keyboard.press('PageUp');
    assert.equal(await page.locator('#seek').getAttribute('aria-valuetext'), '2 minutes 30 seconds of 5 minutes');
    await page.keyboard.press('>');
    assert.equal((await look(page)).rate, 1.25);
    await page.keyboard.press('Home');
    near((await look(page)).time, 0, 0.1);
  },

  'a date after a pause of the broadcast is found': async ({ open, moment, state }) => {
    const page = await open(`/watch/over?recording=r2&at=${moment(220)}`);
    await playing(page);
    near((await look(page)).time, 160, 4);
    near((await look(page)).date, state.began + 220_000, 4000);
  },

  'a recording goes on where it was left': async ({ open }) => {
    const first = await open('/watch/over?recording=r1');
    await playing(first);
    await first.keyboard.press('5');
    await first.keyboard.press('k');
    await first.waitForTimeout(300);
    const second = await open('/watch/over?recording=r1', {}, first.context());
    await playing(second);
    near((await look(second)).time, 150, 4);
    assert.equal(await second.locator('#toast').textContent(), 'Resumed at 2:30Start over');
    await picture(second, 'resumed');
    await second.locator('#toast button').click();
    near((await look(second)).time, 0, 2);
  },

  'a clip plays its span and no more': async ({ open, moment }) => {
    const page = await open(`/watch/over?recording=r1&start=${moment(61)}&end=${moment(64.5)}`);
    await playing(page);
    near((await look(page)).range.end - (await look(page)).range.start, 3.5, 0.01);
    await until(page, () => window.lightstick.video.paused);
    near((await look(page)).time, (await look(page)).range.end, 0.6);
    await page.locator('#big-play').click();
    await page.waitForTimeout(500);
    near((await look(page)).time, (await look(page)).range.start, 2);
    assert.match(await page.locator('#whole').getAttribute('href'), /recording=r1&at=/);
  },

  'a clip of the live stream comes from its window': async ({ open, moment, state }) => {
    const page = await open(`/watch/show?start=${moment(100)}&end=${moment(110)}`);
    await playing(page);
    near((await look(page)).date, state.began + 100_000, 4000);
    assert.ok(state.requests.some((r) => r.startsWith('/live/show/index.m3u8?start=')));
  },

  'clips are marked and their links play them': async ({ open, moment }) => {
    const page = await open(`/watch/over?recording=r1&at=${moment(60)}`);
    await playing(page);
    await page.keyboard.press('k');
    await page.keyboard.press('i');
    await page.keyboard.press('l');
    await page.keyboard.press('o');
    await picture(page, 'clip');
    await page.locator('#clip-share').click();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const query = new URL(link).searchParams;
    near(Date.parse(query.get('end')) - Date.parse(query.get('start')), 10_000, 50);
    await page.locator('#clip-loop').click();
    await page.locator('#clip-handle-end').focus();
    for (let i = 0; i < 9; i++) await page.keyboard.press('ArrowLeft');
    const start = (await look(page)).time;
    for (let i = 0; i < 6; i++) {
      await page.waitForTimeout(500);
      assert.ok((await look(page)).time < start + 3);
    }
    await page.keyboard.press('Escape');
    assert.ok(await page.locator('#clip').isHidden());
  },

  'who rewinds stays back, and is live again when they say so': async ({ open }) => {
    const page = await open('/watch/show');
    await playing(page);
    await until(page, () => window.lightstick.playhead.behind < 3);
    await page.keyboard.press('Home');
    await playing(page);
    await page.waitForTimeout(4000);
    const away = await look(page);
    assert.ok(away.rewound && away.behind > 150, JSON.stringify(away));
    assert.equal(away.rate, 1);
    await picture(page, 'rewound');
    await page.locator('#live').click();
    await until(page, () => !window.lightstick.playhead.rewind.active && window.lightstick.playhead.behind < 3);
  },

  'an interruption does not take a rewound viewer to the edge': async ({ open, moment, state }) => {
    const page = await open(`/watch/show?at=${moment(60)}`);
    await playing(page);
    near((await look(page)).date, state.began + 60_000, 4000);
    const before = (await look(page)).time;
    await page.evaluate(() => {
      // As after a long stall: hls.js loads on, nothing is buffered.
      window.lightstick.hls.stopLoad();
      window.lightstick.playhead.seek(window.lightstick.playhead.time + 100);
    });
    await page.waitForTimeout(3500);
    await page.evaluate(() => window.lightstick.hls.startLoad());
    await until(page, () => window.lightstick.video.readyState > 2);
    await page.waitForTimeout(1500);
    near((await look(page)).time, before + 101, 4);
    assert.ok((await look(page)).rewound);
  },

  'a live stream without rewind has no bar': async ({ open }) => {
    const page = await open('/watch/edge');
    await playing(page);
    await page.waitForTimeout(500);
    assert.ok(await page.locator('#timeline').isHidden());
    assert.ok(await page.locator('#start-over').isHidden());
  },

  'links to a moment tell the date in the picture': async ({ open, moment }) => {
    const page = await open(`/watch/over?recording=r1&at=${moment(42)}`);
    await playing(page);
    await page.keyboard.press('k');
    await page.locator('#share').click();
    await page.locator('#share-from-now').check();
    const { date } = await look(page);
    await picture(page, 'share');
    await page.locator('#share-copy').click();
    const link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
    assert.equal(Date.parse(link.searchParams.get('at')), date);
    assert.equal(link.searchParams.get('recording'), 'r1');
  },

  'an ended show offers its recording': async ({ open }) => {
    const page = await open('/watch/over', PHONE);
    await until(page, () => document.getElementById('scene-poster').naturalWidth > 0);
    await picture(page, 'ended');
    await page.locator('#offer').tap();
    await playing(page);
    assert.match(page.url(), /recording=r1$/);
    await picture(page, 'phone');
  },

  'a moment of an ended show is found in its recording': async ({ open, moment, state }) => {
    const page = await open(`/watch/over?at=${moment(80)}`);
    await playing(page);
    near((await look(page)).date, state.began + 80_000, 4000);
    assert.match(page.url(), /recording=r1/);
  },

  'who is rewound when the show ends goes on in the recording': async ({ open, moment, state }) => {
    const page = await open(`/watch/show?at=${moment(60)}`);
    await playing(page);
    await page.keyboard.press('k');
    const { date } = await look(page);
    state.show = 'ended';
    await until(page, () => location.search.includes('recording=r1') && window.lightstick.playhead.range !== null);
    await until(page, () => window.lightstick.video.readyState > 1);
    near((await look(page)).date, date, 1000);
    assert.ok((await look(page)).paused);
  },

  'gone and expired recordings say so': async ({ open }) => {
    const page = await open('/watch/over?recording=none');
    await until(page, () => document.getElementById('scene').dataset.scene === 'gone');
    await picture(page, 'gone');
    await page.goto(page.url().replace('none', 'old'));
    await until(page, () => document.getElementById('scene').dataset.scene === 'expired');
    await page.goto(page.url().replace('old', '..%2Fr1'));
    await until(page, () => document.getElementById('scene').dataset.scene === 'gone');
  },

  'a recording deleted while it plays says so when the buffer is over': async ({ open, state }) => {
    const page = await open('/watch/over?recording=r1');
    await playing(page);
    state.deleted.add('r1');
    await page.evaluate(() => window.lightstick.playhead.seek(250));
    await until(page, () => document.getElementById('scene').dataset.scene === 'gone');
  },

  'a lost network keeps the picture, and playback goes on when it is back': async ({ open, state }) => {
    const page = await open('/watch/over?recording=r1');
    await playing(page);
    state.down = true;
    await page.evaluate(() => window.lightstick.playhead.seek(200));
    await until(page, () => !document.getElementById('notice').hidden);
    await picture(page, 'offline');
    state.down = false;
    await until(page, () => window.lightstick.video.currentTime > 201 && document.getElementById('notice').hidden);
  },
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  if (process.env.ONLY && !name.includes(process.env.ONLY)) continue;
  try {
    await visit(check);
    console.log(`ok   ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}\n     ${String(error.message).split('\n').slice(0, 6).join('\n     ')}`);
  }
}
await browser.close();
process.exit(failed > 0 ? 1 : 0);
