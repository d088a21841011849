// Two pages chat by a real server. The argument is the address of a live stream's page.
import assert from 'node:assert/strict';
import { launch } from './chromium.mjs';
import { early, watchStep } from './instep.mjs';

const [address] = process.argv.slice(2);
const browser = await launch();
const errors = [];

async function open(name) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.on('pageerror', (e) => errors.push(String(e)));
  page.on('console', (m) => m.type() === 'error' && m.text().includes('Content Security') && errors.push(m.text()));
  await page.goto(address);
  // A name can be taken once there is a connection.
  await page.waitForFunction(() => document.getElementById('chat').dataset.state === 'on', null, { timeout: 60_000 });
  await page.getByPlaceholder('Your name').fill(name);
  await page.keyboard.press('Enter');
  await page.getByPlaceholder('Say something').waitFor();
  await page.waitForFunction(() => window.lightstick.video.currentTime > 1, null, { timeout: 60_000 });
  return page;
}

const shows = (page, text) => page.waitForFunction((text) => [...document.querySelectorAll('.chat-rows .chat-text')].some((row) => row.textContent === text), text, { timeout: 60_000 });
const say = async (page, text) => {
  await page.locator('.chat-input').fill(text);
  await page.keyboard.press('Enter');
};

const [mina, yuna] = await Promise.all([open('Mina'), open('유나')]);
// One goes three seconds back, by choice: a page that is thrown behind goes to the live edge by itself.
await watchStep(yuna);
await yuna.evaluate(() => {
  const { playhead, video } = window.lightstick;
  playhead.rewind.setByPosition(Infinity);
  video.currentTime -= 3;
});
await yuna.waitForFunction(() => !window.lightstick.video.seeking && window.lightstick.video.readyState > 2);
await say(mina, '안녕 👋🏽');
await shows(yuna, '안녕 👋🏽');
assert.deepEqual(await early(yuna), []);
await say(yuna, 'hi Mina');
await shows(mina, 'hi Mina');
await mina.reload();
await shows(mina, 'hi Mina');
await mina.getByPlaceholder('Say something').waitFor();
await say(mina, 'still me');
await shows(yuna, 'still me');

const text = await mina.evaluate(async () => {
  const folder = window.lightstickChat.folder();
  for (let i = 0; i < 40; i++) {
    const { objects } = await (await fetch(`${folder}chat/index.json`)).json();
    const said = await Promise.all(objects.filter(({ items }) => items > 0).map(async ({ n }) => (await fetch(`${folder}chat/${n}.json`)).json()));
    const texts = said.flatMap(({ items }) => items.map(({ text }) => text));
    if (texts.length >= 3) return texts;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return null;
});
assert.deepEqual(text, ['안녕 👋🏽', 'hi Mina', 'still me']);
assert.deepEqual(errors, []);
console.log('ok   two pages chat by a server, in time with their pictures');
await browser.close();
