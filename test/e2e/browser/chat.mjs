// Drives the watch page's chat against a stand-in for the server (fakechat.mjs). Prints
// a line per check and exits non-zero if one failed. The argument is a folder for the
// film that plays, which is painted there once; with a second one, pictures are taken
// into it. ONLY=word runs the checks whose name has the word.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fill } from './chatcrowd.mjs';
import { launch } from './chromium.mjs';
import { openRoom, tokenOf, user } from './fakechat.mjs';
import { serve } from './fakeorigin.mjs';
import { early, watchStep } from './instep.mjs';

const [film, pictures] = process.argv.slice(2);
if (pictures) mkdirSync(pictures, { recursive: true });
const DESKTOP = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
const browser = await launch();

/** A visit to a fresh server by fresh browsers; what the page throws or logs about its policy is a failure. */
async function visit(name, check) {
  const origin = await serve(film);
  // Fans chat before the show begins, too; where the picture does not matter, none is decoded.
  if (!/picture|recording|sixty/.test(name)) origin.state.show = 'offline';
  const room = openRoom(origin);
  const contexts = new Set();
  const errors = [];
  const open = async (path = '/watch/show', { inStep = false, around = '', ...options } = DESKTOP) => {
    const context = await browser.newContext(options);
    // Most checks are not about the picture, and would wait for it.
    if (!inStep) await context.addInitScript(() => localStorage.setItem('lightstick.chat.instep', 'no'));
    contexts.add(context);
    const page = await context.newPage();
    page.on('pageerror', (e) => errors.push(String(e)));
    page.on('console', (m) => m.type() === 'error' && m.text().includes('Content Security') && errors.push(m.text()));
    if (around) await page.route('**/around', (route) => route.fulfill({ contentType: 'text/html', body: around }));
    await page.goto(origin.url + path);
    return page;
  };
  try {
    await check({ open, room, state: origin.state, url: origin.url });
    assert.deepEqual(errors, []);
  } finally {
    for (const context of contexts) await context.close();
    origin.close();
  }
}

const until = (page, condition, argument = null) => page.waitForFunction(condition, argument);
const texts = (page) => page.$$eval('.chat-row .chat-text', (rows) => rows.map((row) => row.textContent));
const shows = (page, text) => until(page, (text) => [...document.querySelectorAll('.chat-rows .chat-text')].some((row) => row.textContent === text), text);
const stateIs = (page, kind) => until(page, (kind) => document.getElementById('chat').dataset.state === kind, kind);
const playing = (page) => until(page, () => window.lightstick.video.currentTime > 0 && window.lightstick.video.readyState > 2 && !window.lightstick.video.seeking);
const arrive = async (page, name) => {
  await stateIs(page, 'on');
  await page.getByPlaceholder('Your name').fill(name);
  await page.keyboard.press('Enter');
  await page.getByPlaceholder('Say something').waitFor();
};
const say = async (page, text) => {
  await page.locator('.chat-input').fill(text);
  await page.keyboard.press('Enter');
};
const picture = async (page, name) => {
  if (!pictures) return;
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(pictures, `${name}.png`) });
};

const checks = {
  'two pages chat, reply and mention; a reload loses nothing': async ({ open, room }) => {
    room.say(user('Early'), 'before you came');
    const [mina, jun] = [await open(), await open()];
    await Promise.all([arrive(mina, 'Mina'), arrive(jun, '준호')]);
    await shows(mina, 'before you came');
    await say(mina, '안녕하세요 👩‍👩‍👧 everyone');
    assert.ok((await texts(mina)).includes('안녕하세요 👩‍👩‍👧 everyone'), 'their own message is there at once');
    await shows(jun, '안녕하세요 👩‍👩‍👧 everyone');
    await jun.locator('.chat-row', { hasText: 'everyone' }).hover();
    await jun.getByRole('button', { name: 'Reply' }).click();
    await jun.locator('.chat-input').pressSequentially('hi @mi');
    await jun.getByRole('option', { name: 'Mina' }).waitFor();
    await jun.keyboard.press('Enter');
    assert.equal(await jun.locator('.chat-input').inputValue(), 'hi @Mina ');
    await jun.keyboard.press('Enter');
    await shows(mina, 'hi @Mina');
    assert.ok(await mina.locator('.chat-row.to-me .chat-mention.own').isVisible());
    await mina.locator('.chat-row.to-me .chat-quote').click();
    await mina.locator('.chat-row.flash', { hasText: 'everyone' }).waitFor();
    await mina.reload();
    await shows(mina, 'hi @Mina');
    assert.deepEqual(await texts(mina), ['before you came', '안녕하세요 👩‍👩‍👧 everyone', 'hi @Mina']);
    await mina.getByPlaceholder('Say something').waitFor();
    await say(mina, 'still Mina');
    await shows(jun, 'still Mina');
    assert.equal(room.log.at(-1).data.user.name, 'Mina');
    room.direct('Mina', { ...room.log.at(-1).data, id: 'direct', text: 'for Mina alone', user: user('Jun') });
    await shows(mina, 'for Mina alone');
  },

  'what is written is data, not markup, and links are what they say': async ({ open, room }) => {
    const page = await open();
    await stateIs(page, 'on');
    room.say(user('<b>x'), '<img src=x onerror=alert(1)> javascript:alert(1) https://good.example/a(b). http://u:p@evil.example/ \u202Etxt');
    await page.locator('.chat-rows a').waitFor();
    const link = page.locator('.chat-rows a');
    assert.equal(await link.count(), 1);
    assert.equal(await link.getAttribute('href'), 'https://good.example/a(b)');
    assert.equal(await link.getAttribute('rel'), 'noopener noreferrer nofollow ugc');
    assert.equal(await page.locator('.chat-rows img').count(), 0);
    assert.equal(await page.locator('.chat-name').textContent(), '<b>x');
  },

  'an interruption loses nothing and doubles nothing': async ({ open, room }) => {
    const page = await open();
    await arrive(page, 'Mina');
    await say(page, 'one');
    await shows(page, 'one');
    room.silent = true;
    await say(page, 'two');
    await page.waitForTimeout(200);
    // It had arrived; only the answer was lost.
    room.publish([...room.clients][0], { text: 'two', at: Date.now(), nonce: await page.evaluate(() => document.querySelector('.pending').dataset.nonce) });
    room.silent = false;
    room.blocked = true;
    room.drop();
    await stateIs(page, 'reconnecting');
    await picture(page, 'reconnecting');
    await say(page, 'three');
    for (let i = 0; i < 20; i++) room.say(user('Jun'), `missed ${i}`);
    room.blocked = false;
    await stateIs(page, 'on');
    await shows(page, 'three');
    await until(page, () => !document.querySelector('.pending'));
    await shows(page, 'missed 19');
    const all = await texts(page);
    assert.deepEqual([...all].sort(), ['one', 'two', 'three', ...Array.from({ length: 20 }, (_, i) => `missed ${i}`)].sort());
    assert.deepEqual(room.published, ['one', 'two', 'three']);
  },

  'moderation: deleted, refused with a countdown, banned': async ({ open, room }) => {
    const page = await open();
    await arrive(page, 'Mina');
    const bad = room.say(user('Troll'), 'rude');
    room.say(user('Troll'), 'rude again');
    room.say(user('Jun'), 'kind');
    await shows(page, 'kind');
    room.send({ type: 'delete', ids: [bad.id], sent: Date.now() });
    await until(page, () => !document.body.textContent.includes('rude') || document.querySelectorAll('.chat-rows .chat-row').length === 2);
    room.send({ type: 'delete', user: 'u-Troll', sent: Date.now() });
    await until(page, () => document.querySelectorAll('.chat-rows .chat-row').length === 1);
    room.refusal = { code: 4001, message: 'you are writing too fast; retry in 1500 ms' };
    await say(page, 'keep me');
    await page.locator('.chat-notice', { hasText: 'You are writing too fast' }).waitFor();
    assert.equal(await page.locator('.chat-input').inputValue(), 'keep me');
    assert.ok(await page.locator('.chat-send').isDisabled());
    await picture(page, 'refused');
    room.refusal = null;
    await until(page, () => !document.querySelector('.chat-send').disabled);
    await page.locator('.chat-input').press('Enter');
    await shows(page, 'keep me');
    await say(page, '/slow 10');
    await page.locator('.chat-note-row', { hasText: 'Did /slow 10' }).waitFor();
    room.drop(4501, 'spam');
    await stateIs(page, 'banned');
    assert.match(await page.locator('.chat-foot').textContent(), /banned.*spam/);
    await picture(page, 'banned');
  },

  'a page that plays behind sees each message when its picture is there': async ({ open, room }) => {
    const page = await open('/watch/show', { ...DESKTOP, inStep: true });
    await playing(page);
    await stateIs(page, 'on');
    await page.evaluate(() => window.lightstick.playhead.seek(window.lightstick.playhead.time - 8));
    await playing(page);
    await page.evaluate(() => window.lightstick.video.pause());
    // Of the frame on the screen: what is in its future waits until it plays on.
    const date = await page.waitForFunction(() => window.lightstickChat.date()).then((handle) => handle.jsonValue());
    await watchStep(page);
    room.say(user('Past'), 'long ago', { at: date - 20_000 });
    room.say(user('Soon'), 'in two seconds', { at: date + 2000 });
    room.say(user('Late'), 'in a minute', { at: date + 60_000 });
    await shows(page, 'long ago');
    assert.deepEqual(await texts(page), ['long ago']);
    await page.evaluate(() => window.lightstick.video.play());
    await shows(page, 'in two seconds');
    assert.deepEqual(await early(page), []);
    await page.evaluate(() => window.lightstick.video.pause());
    await page.evaluate(() => window.lightstick.playhead.seek(window.lightstick.playhead.time - 6));
    await until(page, () => document.querySelectorAll('.chat-rows .chat-row').length === 1);
    await page.getByRole('button', { name: 'In sync with the picture' }).click();
    await shows(page, 'in a minute');
  },

  'a recording replays its chat, wherever one seeks': async ({ open, room, state }) => {
    for (let s = 1; s < 300; s += 3) room.recorded.push({ id: `r${String(s).padStart(4, '0')}`, text: `at ${s}`, user: user('Fan'), at: state.began + s * 1000, sent: state.began + s * 1000 + 500 });
    const page = await open(`/watch/over?recording=r1&at=${new Date(state.began + 100_000).toISOString()}`);
    await playing(page);
    await page.evaluate(() => window.lightstick.video.pause());
    await stateIs(page, 'replay');
    // What is shown goes on from line to line, and ends with what is due.
    const last = () => until(page, () => {
      const due = Math.floor((window.lightstick.video.currentTime - 1) / 3) * 3 + 1;
      const shown = [...document.querySelectorAll('.chat-rows .chat-text')].map((row) => Number(row.textContent.slice(3)));
      return shown.at(-1) === due && shown.length >= 10 && shown.every((value, i) => i === 0 || value === shown[i - 1] + 3);
    });
    await last();
    assert.equal(await page.locator('.chat-input').count(), 0);
    for (const to of [250, 40, 200]) {
      await page.evaluate((to) => window.lightstick.playhead.seek(to), to);
      await last();
      await page.waitForTimeout(500);
      await last();
    }
    await picture(page, 'replay');
    await page.evaluate(() => window.lightstick.video.play());
    await page.waitForTimeout(4000);
    await last();
    const objects = state.requests.filter((path) => /chat\/\d+\.json/.test(path));
    assert.equal(new Set(objects).size, objects.length, 'no object is loaded twice');
    assert.ok(objects.length < 150, `${objects.length} objects`);
  },

  'without a WebSocket the page follows the objects, and comes back': async ({ open, room, state }) => {
    room.blocked = true;
    const page = await open();
    await stateIs(page, 'reading');
    room.say(user('Jun'), 'by object');
    await shows(page, 'by object');
    assert.match(await page.locator('.chat-foot').textContent(), /Read only/);
    await picture(page, 'reading');
    room.blocked = false;
    await stateIs(page, 'on');
    room.say(user('Jun'), 'by socket');
    await shows(page, 'by socket');
    assert.deepEqual(await texts(page), ['by object', 'by socket']);
    assert.ok(state.requests.some((path) => path.includes('chat/index.json?_HLS_msn=')));
  },

  'sixty messages a second, without shift': async ({ open, room }) => {
    const page = await open();
    await playing(page);
    await stateIs(page, 'on');
    await page.evaluate(() => {
      window.long = [];
      new PerformanceObserver((list) => window.long.push(...list.getEntries().map(({ duration }) => Math.round(duration)))).observe({ type: 'longtask' });
    });
    let n = 0;
    const words = ['사랑해 💜', 'مرحبا', 'so good!!', 'https://example.com/x', '👏👏👏', 'a somewhat longer message, that takes more than one line in the list'];
    const timer = setInterval(() => {
      for (let i = 0; i < 3; i++) room.say(user(`Fan${n % 200}`), `${words[n++ % words.length]} ${n}`);
    }, 50);
    try {
      await page.waitForTimeout(4000);
      const rows = await page.locator('.chat-rows .chat-row').count();
      assert.ok(rows <= 80, `${rows} rows are drawn`);
      await page.locator('.chat-list').hover();
      await page.mouse.wheel(0, -900);
      await until(page, () => !document.querySelector('.chat-more').hidden);
      await page.waitForTimeout(400);
      const place = () => page.evaluate(() => {
        const top = document.querySelector('.chat-list').getBoundingClientRect().top;
        const row = [...document.querySelectorAll('.chat-rows .chat-row')].find((row) => row.getBoundingClientRect().top >= top);
        return [row.dataset.id, Math.round(row.getBoundingClientRect().top)];
      });
      const before = await place();
      await page.waitForTimeout(2000);
      assert.deepEqual(await place(), before, 'what is read stays where it is');
      assert.match(await page.locator('.chat-more').textContent(), /\d+ new messages/);
      await picture(page, 'scrolled');
      await page.locator('.chat-more').click();
      await until(page, () => document.querySelector('.chat-more').hidden);
    } finally {
      clearInterval(timer);
    }
    await until(page, (text) => document.querySelector('.chat-rows .chat-row:last-child .chat-text').textContent === text, room.log.at(-1).data.text);
    // None on a machine that has nothing else to do.
    console.log(`     FIGURE ${n} messages; tasks over 50 ms: ${JSON.stringify(await page.evaluate(() => window.long))}`);
  },

  'on a phone the player stays and the composer is in reach': async ({ open, room }) => {
    const page = await open('/watch/show', PHONE);
    await arrive(page, 'Mina');
    const inside = async (selector, height) => {
      const box = await page.locator(selector).boundingBox();
      assert.ok(box.y >= 0 && box.y + box.height <= height + 1, `${selector} is at ${JSON.stringify(box)}`);
    };
    await inside('#player', 844);
    await inside('.chat-foot', 844);
    await page.setViewportSize({ width: 390, height: 500 }); // a keyboard
    await page.locator('.chat-input').focus();
    await page.waitForTimeout(200);
    await inside('#player', 500);
    await inside('.chat-foot', 500);
    await picture(page, 'keyboard');
    await page.setViewportSize(PHONE.viewport);
    await page.getByRole('button', { name: 'Hide the chat' }).click();
    assert.ok(await page.locator('#chat').isHidden());
    await page.reload();
    await page.locator('#chat-toggle').waitFor();
    assert.ok(await page.locator('#chat').isHidden(), 'it is remembered');
  },

  'a token comes with the address, and leaves it at once': async ({ open, room }) => {
    room.guests = 'read';
    const token = tokenOf({ id: 'vip', name: 'Host Hana', role: 'host' });
    const page = await open(`/watch/show#chat=${token}`);
    assert.ok(!page.url().includes('chat='));
    await page.getByPlaceholder('Say something').waitFor();
    await page.reload();
    await page.getByPlaceholder('Say something').waitFor();
    room.expired.add(token);
    room.drop();
    await page.locator('#toast', { hasText: 'not signed in any more' }).waitFor();
    await stateIs(page, 'on');
    assert.match(await page.locator('.chat-foot').textContent(), /reading as a guest/);
  },

  'a page that embeds this one signs in for it': async ({ open, room, url }) => {
    room.guests = 'off';
    const page = await open('/around', { ...DESKTOP, around: `<iframe src="${url}/watch/show" style="width: 1200px; height: 700px"></iframe>` });
    const frame = page.frameLocator('iframe');
    await frame.getByText('Sign in to see this chat').waitFor();
    const token = tokenOf({ id: 'fan', name: 'Fan of the site', role: 'subscriber' });
    await page.evaluate((token) => {
      addEventListener('message', ({ data, source }) => {
        if (data.type === 'lightstick:chat-token-wanted') source.postMessage({ type: 'lightstick:chat-token', token }, '*');
      });
    }, token);
    await frame.getByRole('button', { name: 'Sign in' }).click();
    await frame.getByPlaceholder('Say something').waitFor();
  },

  'everything is reached by keys': async ({ open, room }) => {
    const page = await open();
    await arrive(page, 'Mina');
    for (const text of ['first', 'second', 'third']) room.say(user('Jun'), text);
    await shows(page, 'third');
    await page.locator('.chat-list').focus();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    assert.equal(await page.evaluate(() => document.activeElement.querySelector('.chat-text').textContent), 'second');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Reply');
    await page.keyboard.press('Enter');
    assert.ok(await page.locator('.chat-replying', { hasText: 'Jun' }).isVisible());
    await page.keyboard.type('answer');
    await page.keyboard.press('Enter');
    await shows(page, 'answer');
    assert.equal(room.log.at(-1).data.reply.text, 'second');
    await page.keyboard.press('Escape');
    await page.locator('.chat-mode').focus();
    await page.keyboard.press('c');
    assert.ok(await page.locator('.chat-input').evaluate((field) => field === document.activeElement));
    // Announced at a bounded rate, and the list itself is silent.
    assert.equal(await page.locator('.chat-list').getAttribute('aria-live'), 'off');
    await page.locator('#announcer', { hasText: /Jun: first|3 new messages/ }).waitFor({ state: 'attached' });
  },

  'who signs in writes, and a moderator sees what was removed': async ({ open, room }) => {
    room.guests = 'read';
    room.login = true;
    const page = await open();
    await page.getByRole('button', { name: 'Sign in' }).click();
    for (const password of ['wrong', 'open sesame']) {
      await page.getByPlaceholder('Name').fill('mod');
      await page.getByPlaceholder('Password').fill(password);
      await page.keyboard.press('Enter');
      if (password === 'wrong') await page.locator('.chat-notice', { hasText: 'wrong' }).waitFor();
    }
    await page.getByPlaceholder('Say something').waitFor();
    const rude = room.say(user('Troll'), 'rude');
    await shows(page, 'rude');
    room.send({ type: 'delete', ids: [rude.id], sent: Date.now() });
    await shows(page, 'Message removed');
    await page.reload();
    await page.getByPlaceholder('Say something').waitFor();
    await until(page, () => document.querySelectorAll('.chat-rows .chat-row').length === 0);
  },
};

if (pictures) {
  for (const [name, options] of [['desktop', DESKTOP], ['phone', PHONE], ['laptop', { viewport: { width: 1100, height: 700 } }], ['tablet', { viewport: { width: 820, height: 1180 } }]]) {
    for (const colorScheme of ['dark', 'light']) {
      if (colorScheme === 'light' && name !== 'desktop' && name !== 'phone') continue;
      checks[`pictures ${name} ${colorScheme}`] = async ({ open, room }) => {
        const page = await open('/watch/show', { ...options, colorScheme });
        await arrive(page, 'Mina');
        await playing(page);
        room.log.length = 0;
        [...room.users.values()][0].id = 'me';
        await page.evaluate(() => (window.lightstickChat.me.id = 'me'));
        fill(room);
        await page.waitForTimeout(600);
        await picture(page, `chat-${name}-${colorScheme}`);
        if (name === 'tablet' || name === 'laptop') return;
        await say(page, '나도 여기 있어요! 💜 see you all in Seoul');
        await page.locator('.chat-input').pressSequentially('@');
        const row = page.locator('.chat-row', { hasText: 'No spoilers' });
        await (options.hasTouch ? row.tap() : row.hover());
        await page.getByRole('button', { name: 'More' }).click();
        await picture(page, `menu-${name}-${colorScheme}`);
      };
    }
  }
}

let failed = 0;
/** They mostly wait, so a few go at a time; the crowd, which is measured, has the machine for itself. */
const LANES = 3;
const wanted = Object.entries(checks).filter(([name]) => !process.env.ONLY || name.includes(process.env.ONLY));
const alone = wanted.filter(([name]) => name.startsWith('sixty'));
const together = wanted.filter(([name]) => !name.startsWith('sixty'));
const lane = async (queue) => {
  for (let next = queue.shift(); next; next = queue.shift()) await run(...next);
};
await Promise.all(Array.from({ length: LANES }, () => lane(together)));
await lane(alone);

async function run(name, check) {
  const began = Date.now();
  try {
    await visit(name, check);
    console.log(`ok   ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}\n     ${String(error.message).split('\n').slice(0, 8).join('\n     ')}`);
  }
}
await browser.close();
process.exit(failed > 0 ? 1 : 0);
