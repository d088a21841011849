// Opens a page that plays a stream, watches it for a while and prints what a viewer
// would have seen, as JSON: how old the picture was, when the first frame came,
// stalls, sizes, errors. Options come as one JSON argument:
//
//   url       the page
//   seconds   how long to watch after the first frame; without it until standard input ends
//   timeout   how long to wait for the first frame, in seconds (90)
//   viewport  {width, height}; colorScheme dark | light
//   screenshot, screenshotAt   a file, and after how many seconds of watching
//   level     the height that the player should be held at; 0: its own choice
//
// While it runs, each line of standard input is an expression that is evaluated in
// the page; its value is printed as a line {"answer": …}.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { launch } from './chromium.mjs';

const options = JSON.parse(process.argv[2]);
const browser = await launch();
const context = await browser.newContext({
  viewport: options.viewport ?? { width: 1280, height: 720 },
  colorScheme: options.colorScheme ?? 'dark',
});
const page = await context.newPage();
const errors = [];
page.on('pageerror', (e) => errors.push(String(e)));
page.on('console', (m) => m.type() === 'error' && errors.push(m.text()));
await page.addInitScript({ content: readFileSync(new URL('./stamp.js', import.meta.url), 'utf8') });
await page.addInitScript({ content: readFileSync(new URL('./observe.js', import.meta.url), 'utf8') });

const input = createInterface({ input: process.stdin });
input.on('line', async (line) => {
  const answer = await page.evaluate(line).catch((e) => ({ error: String(e) }));
  console.log(JSON.stringify({ answer }));
});
const inputEnds = new Promise((resolve) => input.on('close', resolve));

const result = { ok: true };
try {
  await page.goto(options.url);
  await page.waitForFunction(() => window.seen?.frames > 0, null, { timeout: (options.timeout ?? 90) * 1000 });
  console.log(JSON.stringify({ playing: true }));
  if (options.level) await page.evaluate((height) => window.holdLevel(height), options.level);
  if (options.seconds === undefined) await inputEnds;
  else {
    const shotAt = Math.min(options.screenshotAt ?? options.seconds, options.seconds);
    await page.waitForTimeout(shotAt * 1000);
    if (options.screenshot) await page.screenshot({ path: options.screenshot });
    await page.waitForTimeout((options.seconds - shotAt) * 1000);
  }
} catch (e) {
  result.ok = false;
  result.failure = String(e);
  if (options.screenshot) await page.screenshot({ path: options.screenshot }).catch(() => {});
}
Object.assign(result, await page.evaluate(() => window.report?.()).catch(() => ({})), { errors });
console.log(JSON.stringify({ result }));
await browser.close();
process.exit(0);
