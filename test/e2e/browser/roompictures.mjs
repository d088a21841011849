// Pictures of all that a room shows, on a desktop and on a phone.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { dateOf, DESKTOP, now, PHONE, playing, user } from './roomvisit.mjs';

async function chatter(room, count = 14) {
  const lines = ['the opening!! 🔥', 'I have waited for this song all year :mina_love:', '민아 언니 사랑해요 💜', 'sound is so good tonight', 'LETS GOOO', 'which city is this?', 'Seoul! second night', 'the lights 😭😭', ':mina_wave: :mina_wave: hello from Lisbon', 'ありがとう！', 'encore encore', 'that high note…', 'my heart', 'see you all at the encore'];
  const names = ['Haru', 'jisoo_fan', '별빛', 'Leo', 'Amara', 'Noor', 'Tomás'];
  for (let i = 0; i < count; i++) room.say(user(names[i % names.length]), lines[i % lines.length]);
}

/** Takes them into the folder. */
export const takePictures = (folder) => async ({ open, room }) => {
  mkdirSync(folder, { recursive: true });
  const picture = (page, name) => page.screenshot({ path: join(folder, `${name}.png`) });
  const staff = { name: 'Mod Ana', role: 'moderator' };
  for (const [kind, options] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
    room.settings = { type: 'room', revision: room.settings.revision, sent: 1 };
    const page = await open({ options });
    await playing(page);
    await chatter(room);
    room.pulse({ heart: 1 }, { viewers: 1204, rate: 3.2, shown: 1 });
    await page.locator('.dock-stick').click();
    await page.waitForTimeout(900);
    await picture(page, `${kind}-calm`);

    const busy = setInterval(() => room.pulse({ '#ff5d7d': 900, heart: 700, '#4d8dff': 350, '#ffd84a': 200, mina_wave: 90 }, { viewers: 84_210, rate: 812, shown: 0.123 }), 200);
    await page.waitForTimeout(3500);
    await picture(page, `${kind}-busy`);
    clearInterval(busy);

    room.send({ type: 'wave', color: '#4d8dff', at: (await dateOf(page)) - 100, sent: now(), by: user('Mina', { role: 'host' }) });
    await page.waitForTimeout(1700);
    await picture(page, `${kind}-wave-coming`);
    await page.waitForTimeout(2600);
    await picture(page, `${kind}-wave`);
    await page.waitForTimeout(500);

    room.set({ pinned: { id: 'p1', text: 'Doors for night two open at 17:00. Tickets: https://tickets.example.com/seoul', at: 1, sent: 1, user: user('Mina', { role: 'host' }) } });
    room.set({ slow: 10, poll: { id: `poll-${kind}`, question: 'Which song should the encore begin with?', options: [{ text: 'Starfall', votes: 412 }, { text: '달빛 (Moonlight)', votes: 388 }, { text: 'Run to You', votes: 97 }], ends: now() + 55_000 } });
    room.say(user('Mina', { role: 'host' }), 'Thank you! The encore begins in five minutes.', { announcement: true });
    await page.waitForTimeout(400);
    await picture(page, `${kind}-poll`);
    await page.locator('.room-poll-option').nth(1).click();
    await page.waitForTimeout(700);
    await picture(page, `${kind}-voted`);
    await page.locator('.chat-tool[aria-label^=Emotes]').click();
    await page.waitForTimeout(300);
    await picture(page, `${kind}-picker`);
    await page.keyboard.press('Escape');
    await page.locator('.chat-input').fill('hello :min');
    await page.waitForTimeout(300);
    await picture(page, `${kind}-completion`);
    await page.context().close();

    room.set({ poll: null, pinned: null });
    room.audit = [{ at: new Date().toISOString(), act: 'timeout', actor: 'u1', actor_name: 'Mod Ana', user: 'u2', user_name: 'troll', reason: 'spoilers' }, { at: new Date(now() - 70_000).toISOString(), act: 'slow', actor: 'u1', actor_name: 'Mod Ana' }];
    const mod = await open({ options, ...staff });
    await playing(mod);
    const row = mod.locator('.chat-row[data-id]').filter({ hasText: 'see you all' }).last();
    await row.hover();
    await mod.keyboard.press('Escape');
    await mod.locator('.chat-bar-button[aria-label=More]').click();
    await mod.waitForTimeout(300);
    await picture(mod, `${kind}-menu`);
    await mod.getByRole('menuitem', { name: 'Ban…' }).click();
    await mod.waitForTimeout(300);
    await picture(mod, `${kind}-ban`);
    await mod.getByRole('button', { name: 'Cancel' }).click();
    await mod.getByRole('button', { name: 'Room tools', exact: true }).click();
    await mod.waitForTimeout(300);
    await picture(mod, `${kind}-tools`);
    await mod.getByRole('button', { name: 'Show what was done' }).click();
    await mod.waitForTimeout(300);
    await mod.locator('.staff').evaluate((e) => e.scrollTo(0, 1e5));
    await picture(mod, `${kind}-log`);
    await mod.context().close();
  }
  const light = await open({ more: { colorScheme: 'light' } });
  await playing(light);
  room.set({ poll: { id: 'poll-l', question: 'Which song should the encore begin with?', options: [{ text: 'Starfall', votes: 412 }, { text: '달빛 (Moonlight)', votes: 388 }], ends: now() + 55_000 } });
  for (let i = 0; i < 4; i++) {
    room.pulse({ heart: 40, '#ff5d7d': 30, '#ffd84a': 10 });
    await light.waitForTimeout(200);
  }
  await light.waitForTimeout(600);
  await picture(light, 'light');
};
