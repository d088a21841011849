// What hosts and moderators do in a room, on a phone too, and with a real server:
// ROOM_URL with the chat tokens ROOM_HOST and ROOM_FAN.
import assert from 'node:assert/strict';
import { acts, dateOf, HOSTILE, now, PHONE, playing, small, stateIs, toast, until, user } from './roomvisit.mjs';

export const staff = {
  'members have no tools, moderators act by menu and keys': async ({ open, room, calls }) => {
    const plain = await open();
    await playing(plain);
    const troll = user('troll');
    const at = await dateOf(plain);
    room.say(troll, 'spoilers', { at });
    room.say(user('Boss', { role: 'host' }), 'welcome', { at });
    const menu = async (page, text) => {
      const row = page.locator('.chat-row[data-id]').filter({ hasText: text });
      await row.waitFor();
      await row.focus();
      await page.keyboard.press('Enter');
      return page.getByRole('menuitem').allInnerTexts();
    };
    assert.deepEqual(await menu(plain, 'spoilers'), ['Reply', 'Copy text', 'Block troll', 'Report…']);
    assert.equal(await plain.getByRole('button', { name: 'Room tools' }).isVisible(), false);
    await plain.context().close();

    const page = await open({ name: 'Ana', role: 'moderator' });
    assert.deepEqual(await menu(page, 'welcome'), ['Reply', 'Copy text', 'Pin']);
    await page.keyboard.press('Escape');
    const items = await menu(page, 'spoilers');
    assert.deepEqual(items.slice(2), ['Pin', 'Delete message', 'Delete all of theirs', 'Timeout 1 min', 'Timeout 10 min', 'Timeout 1 h', 'Show to themselves only', 'Ban…']);
    await page.getByRole('menuitem', { name: 'Timeout 10 min' }).press('Enter');
    await toast(page, 'Done: timeout');
    await page.locator('#toast button').click();
    await toast(page, 'Done: unban');
    await menu(page, 'spoilers');
    await page.getByRole('menuitem', { name: 'Ban…' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Ban troll?' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await dialog.count(), 0);
    await menu(page, 'spoilers');
    await page.getByRole('menuitem', { name: 'Ban…' }).click();
    await dialog.getByLabel('How long').selectOption('For ever');
    await dialog.getByLabel('Reason').fill('spoilers again');
    room.refuse.act = { code: 4003, message: 'you may not' };
    await page.keyboard.press('Enter');
    await toast(page, 'You may not');
    assert.ok(await dialog.isVisible(), 'it stays for another try');
    delete room.refuse.act;
    await dialog.getByRole('button', { name: 'Ban', exact: true }).click();
    await toast(page, 'Done: ban');
    assert.equal(await dialog.count(), 0);
    const { id } = troll;
    assert.deepEqual(acts(calls), [
      { room: 'show', act: 'timeout', user: id, seconds: 600 }, { room: 'show', act: 'unban', user: id },
      { room: 'show', act: 'ban', user: id, seconds: 0, reason: 'spoilers again' }, { room: 'show', act: 'ban', user: id, seconds: 0, reason: 'spoilers again' },
    ]);
  },

  'the room’s tools do what they say': async ({ open, room, calls }) => {
    const page = await open({ name: 'Mina', role: 'host' });
    const button = page.getByRole('button', { name: 'Room tools', exact: true });
    const tools = page.getByRole('dialog', { name: 'Room tools' });
    await button.press('Enter');
    await tools.getByLabel('Slow mode').selectOption('One message in 10 seconds');
    await tools.getByRole('switch', { name: 'Members only' }).press(' ');
    await tools.getByRole('button', { name: 'Blue wave' }).click();
    await tools.getByLabel('Text').fill('Five minutes!');
    await page.keyboard.press('Enter');
    await toast(page, 'Done: announce');
    assert.equal(await tools.getByLabel('Text').inputValue(), '');
    await tools.getByLabel('Question').fill('Which song?');
    await tools.getByLabel('Answer 1').fill('A');
    await tools.getByRole('button', { name: 'Start the poll' }).click();
    assert.ok(await tools.getByLabel('Answer 2').evaluate((e) => e === document.activeElement), 'two answers at least');
    await tools.getByLabel('Answer 2').fill('B');
    await tools.getByRole('button', { name: 'Add an answer' }).click();
    await tools.getByLabel('Answer 3').fill('C');
    await tools.getByLabel('How long').selectOption('2 minutes');
    await tools.getByRole('button', { name: 'Start the poll' }).click();
    await toast(page, 'Done: poll');
    await tools.getByLabel('Word or phrase').fill('spoiler');
    await tools.getByRole('button', { name: 'Filter it' }).click();
    await toast(page, 'Done: addword');
    assert.deepEqual(acts(calls).map(({ room: _, ...act }) => act), [
      { act: 'slow', seconds: 10 }, { act: 'members', on: true }, { act: 'wave', color: '#4d8dff' }, { act: 'announce', text: 'Five minutes!' },
      { act: 'poll', text: 'Which song?', options: ['A', 'B', 'C'], seconds: 120 }, { act: 'addword', text: 'spoiler' },
    ]);
    // Nothing is so until the server says that it is.
    assert.equal(await tools.getByRole('switch', { name: 'Members only' }).getAttribute('aria-checked'), 'false');
    room.set({ members: true, slow: 17 });
    await tools.getByRole('switch', { name: 'Members only', checked: true }).waitFor();
    assert.equal(await tools.getByLabel('Slow mode').evaluate((e) => e.selectedOptions[0].text), 'One message in 17 seconds');
    room.audit = [{ at: new Date().toISOString(), act: 'ban', actor: 'u1', actor_name: 'Ana', user: 'u2', user_name: HOSTILE, reason: 'spam' }];
    await tools.getByRole('button', { name: 'Show what was done' }).click();
    await tools.getByText(`Ana banned · ${HOSTILE}: spam`).waitFor();
    assert.match(calls.find((c) => c.method === 'audit').data, /^Bearer \S+\.\S+\.x$/);
    await page.keyboard.press('Escape');
    assert.ok(!(await tools.isVisible()) && (await button.evaluate((e) => e === document.activeElement)));
  },

  'a phone’s targets are large, and nothing slides sideways': async ({ open, room }) => {
    const page = await open({ options: PHONE, name: 'Ana', role: 'moderator' });
    await playing(page);
    room.set({ poll: { id: 'q', question: 'Which?', options: [{ text: 'A', votes: 1 }, { text: 'B', votes: 2 }], ends: now() + 60_000 } });
    await page.getByRole('region', { name: 'Poll' }).waitFor();
    assert.deepEqual(await small(page, '.dock'), []);
    assert.deepEqual(await small(page, '.room-poll-options'), []);
    await page.getByRole('button', { name: 'Room tools', exact: true }).tap();
    assert.deepEqual(await small(page, '.staff'), []);
    await page.getByRole('button', { name: 'Close the room tools' }).tap();
    await page.getByRole('button', { name: 'Emotes and emoji' }).tap();
    assert.deepEqual(await small(page, '.picker'), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page slides sideways');
    const end = await page.locator('.chat-foot').evaluate((e) => e.getBoundingClientRect().bottom - innerHeight);
    assert.ok(end <= 1, `the composer ends ${end} px below the window`);
  },

  'a real server counts, asks, tells and remembers': async ({ browse }) => {
    const { ROOM_URL: url, ROOM_HOST: hosts, ROOM_FAN: fans } = process.env;
    if (!url) return;
    const host = await browse(`${url}#chat=${hosts}`);
    const fan = await browse(`${url}#chat=${fans}`);
    for (const page of [host, fan]) await stateIs(page, 'on');
    // Without a picture in this test only the counting is looked at.
    await host.evaluate(() => {
      window.hearts = 0;
      window.lightstickChat.on('reactionTick', ({ counts }) => (window.hearts += counts?.heart ?? 0));
    });
    const heart = fan.getByRole('button', { name: 'Send a heart' });
    await heart.evaluate((e) => {
      for (let i = 0; i < 3; i++) setTimeout(() => e.click(), i * 150);
    });
    await until(host, () => window.hearts === 3);
    const button = host.getByRole('button', { name: 'Room tools', exact: true });
    const tools = host.getByRole('dialog', { name: 'Room tools' });
    await button.click();
    await tools.getByLabel('Slow mode').selectOption('One message in 3 seconds');
    await fan.getByText('Slow mode: 3 seconds between messages').waitFor();
    await tools.getByLabel('Question').fill('Which song?');
    await tools.getByLabel('Answer 1').fill('Starfall');
    await tools.getByLabel('Answer 2').fill('Moonlight');
    await tools.getByRole('button', { name: 'Start the poll' }).click();
    await fan.getByRole('button', { name: /^Moonlight/ }).click();
    await until(fan, () => [...document.querySelectorAll('.room-poll-percent')].map((e) => e.textContent).join() === '0 %,100 %');
    await tools.getByLabel('Text').fill('Five minutes!');
    await tools.getByRole('button', { name: 'Announce' }).click();
    await fan.getByRole('region', { name: 'Announcement' }).getByText('Five minutes!').waitFor();
    await tools.getByLabel('Text').fill('Doors at five');
    await tools.getByRole('button', { name: 'Pin', exact: true }).click();
    await fan.getByRole('region', { name: 'Pinned' }).getByText('Doors at five').waitFor();
    await tools.getByRole('button', { name: 'Blue wave' }).click();
    await until(fan, () => document.querySelector('.dock').style.getPropertyValue('--stick') === '#4d8dff');
    await fan.locator('.chat-input').fill('spoilers');
    await fan.keyboard.press('Enter');
    await host.keyboard.press('Escape');
    const row = host.locator('.chat-row[data-id]').filter({ hasText: 'spoilers' });
    await row.waitFor();
    await row.focus();
    await host.keyboard.press('Enter');
    await host.getByRole('menuitem', { name: 'Ban…' }).click();
    await host.getByLabel('Reason').fill('told the end');
    await host.getByRole('button', { name: 'Ban', exact: true }).click();
    await stateIs(fan, 'banned');
    await button.click();
    await tools.getByRole('button', { name: 'Show what was done' }).click();
    await tools.getByText(/banned .*told the end/).waitFor();
  },
};
