// What fans do and see in a room: reactions, waves, what a host shows, polls, emotes.
import assert from 'node:assert/strict';
import { arrived, dateOf, HOSTILE, listen, now, overlay, playing, reacted, toast, until, user } from './roomvisit.mjs';

export const fans = {
  'taps are gathered into one call and shown at once': async ({ open, calls }) => {
    const page = await open();
    await playing(page);
    const stick = page.getByRole('button', { name: 'Wave your lightstick' });
    await stick.evaluate((e) => {
      for (let i = 0; i < 5; i++) e.click();
    });
    const taps = await overlay(page);
    assert.ok(taps.particles >= 1 && taps.running);
    await page.getByRole('button', { name: 'Send a heart' }).click();
    await page.getByRole('radio', { name: 'Blue' }).click();
    await stick.click();
    await page.getByRole('button', { name: 'Send mina_wave' }).click();
    await arrived(calls, 'mina_wave');
    const sum = {};
    for (const { room, counts } of reacted(calls)) {
      assert.equal(room, 'show');
      for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count;
    }
    assert.equal(sum.heart, 1);
    assert.equal(sum['#4d8dff'], 1);
    assert.equal(sum.mina_wave, 1);
    assert.ok(reacted(calls).length <= 5, `${reacted(calls).length} calls`); // one a gesture, and the first may lie on a boundary
    // Held down it goes on, within what counts.
    calls.length = 0;
    await stick.hover();
    const began = now();
    await page.mouse.down();
    const held = () => reacted(calls).reduce((n, { counts }) => n + counts['#4d8dff'], 0);
    for (let wait = 0; held() < 2; wait++) {
      assert.ok(wait < 900, 'holding the button taps');
      await page.waitForTimeout(100);
    }
    await page.mouse.up();
    await page.waitForTimeout(300);
    const most = 14 * Math.ceil((now() - began) / 1000);
    assert.ok(held() <= most, `${held()} taps, want at most ${most}`);
    await page.reload();
    await until(page, () => document.getElementById('chat')?.dataset.state === 'on');
    assert.equal(await page.getByRole('radio', { name: 'Blue' }).getAttribute('aria-checked'), 'true');
  },

  'a hundred thousand taps a second fill the hall and no more, and the canvas rests after': async ({ open, room }) => {
    const page = await open();
    await playing(page);
    await page.evaluate(() => {
      window.frames_ = [];
      const next = (t) => window.frames_.push(t) && requestAnimationFrame(next);
      requestAnimationFrame(next);
    });
    let most = 0;
    for (let i = 0; i < 11; i++) {
      room.pulse({ '#ff5d7d': 8000, heart: 7000, '#ffd84a': 4000, mina_wave: 900, unknown: 100 });
      await page.waitForTimeout(200);
      most = Math.max(most, (await overlay(page)).particles);
    }
    assert.ok(most >= 20 && most <= 260, `${most} particles`);
    const frames = await page.evaluate(() => window.frames_.slice(1).map((t, i) => t - window.frames_[i]).sort((a, b) => a - b));
    console.log(`     ${most} particles at most; a frame took ${frames[frames.length >> 1].toFixed(1)} ms (median), ${frames[Math.floor(frames.length * 0.95)].toFixed(1)} ms (95 %)`);
    assert.equal(await page.locator('canvas.reactions').evaluate((e) => getComputedStyle(e).pointerEvents), 'none');
    await until(page, () => !window.lightstickReactions.state.running);
    // Who puts them away sees none, and says so for the next visit.
    await page.getByRole('button', { name: 'Reactions over the picture' }).click();
    room.pulse({ heart: 500 });
    await page.waitForTimeout(300);
    assert.equal((await overlay(page)).particles, 0);
    await page.getByRole('button', { name: 'Reactions over the picture' }).click();
    // Nor is anything drawn for nobody.
    await page.evaluate(() => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    room.pulse({ heart: 500 });
    await page.waitForTimeout(300);
    assert.deepEqual([(await overlay(page)).particles, (await overlay(page)).running], [0, false]);
  },

  'one’s own taps are not shown again when they come back': async ({ open, room, calls }) => {
    const page = await open();
    await playing(page);
    await page.getByRole('button', { name: 'Send a heart' }).click();
    await arrived(calls, 'heart');
    const before = (await overlay(page)).particles;
    room.pulse({ heart: 1 });
    await page.waitForTimeout(100);
    assert.ok((await overlay(page)).particles <= before);
  },

  'who wants nothing to move gets a number': async ({ open, room }) => {
    const page = await open({ more: { reducedMotion: 'reduce' } });
    await playing(page);
    for (let i = 0; i < 12; i++) {
      room.pulse({ heart: 200 });
      await page.waitForTimeout(200);
    }
    await until(page, () => /^\d[\d,]* reactions a second$/.test(document.querySelector('.dock-counter').textContent));
    assert.deepEqual([(await overlay(page)).particles, (await overlay(page)).running], [0, false]);
    room.send({ type: 'wave', color: '#4d8dff', at: await dateOf(page), sent: now(), by: user('Mina', { role: 'host' }) });
    await until(page, () => document.querySelectorAll('.wave-edge').length === 1);
    assert.equal((await overlay(page)).running, false);
    assert.equal(await page.locator('.wave-edge').evaluate((e) => getComputedStyle(e).animationName), 'none');
  },

  'a wave comes when the picture is there, in its colour, one at a time': async ({ open, room, calls }) => {
    const page = await open({ more: { colorScheme: 'light' } });
    await playing(page);
    await listen(page);
    await page.evaluate(() => {
      const dock = document.querySelector('.dock');
      window.colors = [];
      new MutationObserver(() => {
        const color = dock.style.getPropertyValue('--stick');
        if (color !== window.colors.at(-1)?.color) window.colors.push({ color, at: performance.now(), date: window.lightstickChat.date() });
      }).observe(dock, { attributes: true });
    });
    const by = user('Mina', { role: 'host' });
    const soon = (await dateOf(page)) + 1500;
    room.send({ type: 'wave', color: '#ffd84a', at: soon - 60_000, sent: now() - 60_000, by });
    room.send({ type: 'wave', color: '#4d8dff', at: soon, sent: now(), by });
    await until(page, () => document.querySelector('.wave-edge'));
    // A host in a hurry: the next one waits until this one has crossed the page, and only the last counts.
    for (const color of ['#3ddc84', '#a06bff']) room.send({ type: 'wave', color, at: await dateOf(page), sent: now(), by });
    assert.ok((await page.evaluate(() => window.said)).includes('Mina calls a wave: blue'));
    const tapped = await page.getByRole('button', { name: 'Wave your lightstick' }).evaluate((e) => {
      e.click();
      return window.colors.at(-1).color;
    });
    await until(page, () => window.colors.at(-1).color === '#a06bff');
    await arrived(calls, tapped);
    const colors = await page.evaluate(() => window.colors);
    assert.equal(colors[0].color, '#4d8dff', 'what was over has not begun again');
    assert.ok(colors[0].date >= soon, 'not before the picture is there');
    for (const [i, { at }] of colors.entries()) assert.ok(i === 0 || at - colors[i - 1].at > 3200, JSON.stringify(colors));
    await until(page, () => document.querySelectorAll('.wave-edge').length === 1);
    await page.getByRole('radio', { name: 'Green' }).click();
    await until(page, () => window.colors.at(-1).color === '#3ddc84'); // their own choice wins
  },

  'what is pinned and announced is shown as text, whatever it holds': async ({ open, room }) => {
    const page = await open();
    await playing(page);
    await listen(page);
    const by = { id: 'h', name: HOSTILE, role: 'host' };
    room.set({ pinned: { id: 'p1', text: `${HOSTILE} javascript:alert(1) https://tickets.example.com/x :mina_wave:`, at: 1, sent: 1, user: by } });
    const card = page.getByRole('region', { name: 'Pinned' });
    await card.waitFor();
    assert.match(await card.innerText(), /<img src=x/);
    assert.deepEqual(await card.locator('a').evaluateAll((all) => all.map((a) => [a.href, a.rel])), [['https://tickets.example.com/x', 'noopener noreferrer nofollow ugc']]);
    assert.deepEqual(await card.locator('img').evaluateAll((all) => all.map((i) => i.getAttribute('src'))), ['/emotes/wave.svg']);
    assert.equal(await card.getByRole('button', { name: 'Unpin' }).count(), 0);
    room.say(by, 'The encore begins', { announcement: true, at: await dateOf(page) });
    await page.getByRole('region', { name: 'Announcement' }).waitFor();
    assert.ok((await page.evaluate(() => window.said)).some((line) => line.endsWith('The encore begins')));
    await page.getByRole('button', { name: 'Hide: pinned' }).click();
    assert.equal(await card.count(), 0);
    room.set({ slow: 30 });
    await page.getByText('Slow mode: 30 seconds between messages').waitFor();
    assert.equal(await card.count(), 0, 'it stays hidden');
    room.set({ slow: null, members: true, emotes: true, pinned: { id: 'p2', text: 'Another', at: 1, sent: 1, user: by } });
    await card.getByText('Another').waitFor();
    assert.deepEqual(await page.locator('.room-notes span').allInnerTexts(), ['Members only', 'Emotes only']);
    room.set({ members: null, emotes: null, pinned: null });
    await until(page, () => document.querySelector('.room-notes').hidden && !document.querySelector('.room-card.pin'));
    assert.equal(await page.evaluate(() => window.pwned), undefined);
  },

  'a poll is voted in once, moves and ends': async ({ open, room, calls }) => {
    const page = await open();
    await listen(page);
    const options = (a, b) => [{ text: 'Starfall', votes: a }, { text: HOSTILE, votes: b }];
    const poll = { id: 'q1', question: 'Which song?', ends: now() + 60_000 };
    room.set({ poll: { ...poll, options: options(1, 0) } });
    const view = page.getByRole('region', { name: 'Poll' });
    const bars = () => view.locator('.room-poll-percent').allInnerTexts();
    await view.getByText('Which song?').waitFor();
    assert.deepEqual(await bars(), ['100 %', '0 %']);
    room.refuse.vote = { code: 4007, message: 'try again' };
    await view.locator('.room-poll-option').nth(1).click();
    await toast(page, 'Try again');
    assert.equal(await view.locator('[aria-pressed=true]').count(), 0);
    delete room.refuse.vote;
    await view.locator('.room-poll-option').nth(1).press('Enter');
    await until(page, () => window.said.some((line) => line.startsWith('You voted for')));
    await view.locator('.room-poll-option').nth(0).click({ force: true });
    assert.deepEqual(calls.filter((c) => c.method === 'vote').map((c) => c.data), [{ room: 'show', poll: 'q1', option: 1 }, { room: 'show', poll: 'q1', option: 1 }]);
    room.set({ poll: { ...poll, options: options(25, 75) } });
    await until(page, () => document.querySelector('.room-poll-percent').textContent === '25 %');
    await page.reload();
    await view.locator('[aria-pressed=true]').waitFor();
    assert.equal(await view.locator('.room-poll-option').nth(1).getAttribute('aria-pressed'), 'true');
    await listen(page);
    room.set({ poll: { ...poll, over: true, options: options(25, 76) } });
    await view.getByText('101 votes · Final result').waitFor();
    assert.ok((await page.evaluate(() => window.said)).some((line) => line.startsWith('The poll is over')));
    room.set({ poll: null });
    await view.waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => window.pwned), undefined);
  },

  'figures are the room’s own': async ({ open, room }) => {
    const page = await open();
    room.pulse(null, { viewers: 1204, rate: 3.2, shown: 1 });
    await until(page, () => document.querySelector('.chat-figures').textContent.includes('1.2'));
    assert.equal(await page.locator('.room-rate').isVisible(), false);
    room.pulse(null, { viewers: 84_210, rate: 812, shown: 0.123 });
    await page.getByText('812 messages a second, showing 1 of 8').waitFor();
  },

  'emotes are picked, found and completed': async ({ open, room }) => {
    const page = await open();
    await playing(page);
    const field = page.locator('.chat-input');
    const button = page.getByRole('button', { name: 'Emotes and emoji' });
    await button.click();
    await page.getByRole('button', { name: 'starfall', exact: true }).click();
    assert.equal(await field.inputValue(), ':starfall: ');
    await button.click();
    await page.getByLabel('Find an emote').fill('fire');
    await page.keyboard.press('Enter');
    assert.equal(await field.inputValue(), ':starfall: 🔥');
    await button.click();
    await page.keyboard.press('Escape');
    assert.ok(await button.evaluate((e) => e === document.activeElement));
    await field.fill('');
    await field.pressSequentially('hello :min');
    await page.getByRole('option', { name: 'mina_wave' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.equal(await field.inputValue(), 'hello :mina_love: ');
    assert.deepEqual(room.published, [], 'Enter took the emote and did not send');
    await page.keyboard.press('Enter');
    await page.locator('.chat-rows .chat-text img').waitFor();
    assert.deepEqual(room.published, ['hello :mina_love:']);
    assert.equal(await page.locator('.chat-rows .chat-text img').getAttribute('src'), '/emotes/love.svg');
    room.say(user('x'), 'no such :thing: as :__proto__: or :constructor:', { at: await dateOf(page) });
    await page.getByText('no such :thing: as :__proto__: or :constructor:').waitFor();
  },

  'in full screen a lightstick stays at hand': async ({ open, calls }) => {
    const page = await open();
    await playing(page);
    await page.locator('#player').evaluate((e) => e.requestFullscreen());
    await until(page, () => document.fullscreenElement);
    await page.locator('.dock-floating').click();
    await arrived(calls, '#ff5d7d');
    assert.deepEqual(reacted(calls)[0].counts, { '#ff5d7d': 1 });
    const box = await page.locator('canvas.reactions').boundingBox();
    assert.ok(box.width >= 1279 && box.height >= 799, JSON.stringify(box));
  },
};
