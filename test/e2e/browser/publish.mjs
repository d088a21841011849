// Goes live from the page /publish with Chromium's fake camera and microphone. Options come as
// one JSON argument: url, the page; wrongKey, which is refused first; key; port, of the server's
// media; relay, the UDP port that media are sent to instead.
//
// It prints {"refused": …} with what the page says then, and {"live": true}. Each line of
// standard input is a command, which is answered by a line: "facts" tells what the page shows,
// "stop" ends the broadcast.
import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { launch } from './chromium.mjs';

const options = JSON.parse(process.argv[2]);
const browser = await launch(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);
const context = await browser.newContext({ permissions: ['camera', 'microphone'] });
const page = await context.newPage();
const errors = [];
page.on('pageerror', (e) => errors.push(String(e)));
page.on('console', (m) => m.type() === 'error' && !/status of 401/.test(m.text()) && errors.push(m.text()));
const say = (line) => console.log(JSON.stringify(line));

async function goLive(key) {
  await page.getByLabel('Stream key').fill(key);
  await page.keyboard.press('Enter');
}

// The answer names the relay's port in place of the server's.
await page.route('**/whip', async (route) => {
  const response = await route.fetch();
  const lines = (await response.text()).split('\r\n').filter((line) => !/^a=candidate:.* tcp /.test(line));
  const body = lines.map((line) => line.replace(` ${options.port} typ host`, ` ${options.relay} typ host`)).join('\r\n');
  await route.fulfill({ response, body });
});

const commands = {
  async facts() {
    return page.evaluate(() => Object.fromEntries([...document.querySelectorAll('#facts dd, #state')].map((e) => [e.id, e.textContent])));
  },
  async stop() {
    await page.getByRole('button', { name: 'Stop' }).press('Enter');
    await page.getByRole('status').filter({ hasText: 'Not live' }).waitFor();
    assert.deepEqual(errors, []);
    return true;
  },
};

await page.goto(options.url);
await page.waitForFunction(() => document.querySelector('#preview').videoWidth > 0);
if (options.wrongKey) {
  await goLive(options.wrongKey);
  const alert = page.getByRole('alert');
  await alert.filter({ hasText: /./ }).waitFor();
  say({ refused: await alert.textContent() });
}
await goLive(options.key);
await page.getByRole('status').filter({ hasText: /^Live$/ }).waitFor();
say({ live: true });
for await (const line of createInterface({ input: process.stdin })) {
  say({ answer: await commands[line]() });
}
await browser.close();
process.exit(0);
