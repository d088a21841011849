// Lets viewers arrive at a live stream, each in a page of their own, and prints what each
// was shown, as a line {"arrival": …}: see shown.js. Options come as one JSON argument:
//
//   url       the page
//   arrivals  how many viewers (1)
//   seconds   how long each watches after the first frame (10)
//   apart     how many milliseconds lie between two arrivals (500)
//   step      an address that is posted to for the stream to go on by some parts: then
//             viewers come one after the other, and each watches for
//   steps     so many steps (8)
//   hls       a file that the page gets instead of its hls.min.js
//   requests  true: the media that each asked for are listed
import { readFileSync } from 'node:fs';
import { launch } from './chromium.mjs';

const options = { arrivals: 1, seconds: 10, apart: 500, steps: 8, ...JSON.parse(process.argv[2]) };
const script = readFileSync(new URL('./shown.js', import.meta.url), 'utf8');
const browser = await launch();

// The stream goes on when the player has fetched what there is, however slow the machine
// is; one that leaves a part out doesn't keep it from going on for ever.
const patience = { timeout: 15_000 };

async function watchSteps(page) {
  for (let i = 0; i < options.steps; i++) {
    const before = await page.evaluate(() => window.shown.bufferedEnd());
    await fetch(options.step, { method: 'POST' });
    await page.waitForFunction((end) => window.shown.bufferedEnd() > end, before, patience).catch(() => {});
  }
  // Players that fetch several parts at a time fill holes.
  await page.waitForFunction(() => window.shown.report().ranges.length === 1, null, patience).catch(() => {});
}

async function arrive() {
  const context = await browser.newContext({ viewport: { width: 640, height: 360 } });
  const page = await context.newPage();
  const errors = [];
  const media = [];
  page.on('pageerror', (e) => errors.push(String(e)));
  page.on('console', (m) => m.type() === 'error' && errors.push(m.text()));
  page.on('request', (r) => r.url().endsWith('.m4s') && media.push(r.url().split('/').slice(-2).join('/')));
  if (options.hls) await page.route('**/hls.min.js', (route) => route.fulfill({ path: options.hls }));
  await page.addInitScript({ content: script });
  const arrival = {};
  try {
    await page.goto(options.url);
    await page.waitForFunction(() => window.shown.seen.frames > 0, null, { timeout: 60_000 });
    if (options.step) await watchSteps(page);
    else await page.waitForTimeout(options.seconds * 1000);
  } catch (e) {
    arrival.failure = String(e);
  }
  Object.assign(arrival, await page.evaluate(() => window.shown.report()).catch(() => ({})), { errors });
  if (options.requests) arrival.media = media;
  await context.close();
  console.log(JSON.stringify({ arrival }));
}

const viewers = [];
for (let i = 0; i < options.arrivals; i++) {
  viewers.push(arrive());
  if (options.step) await viewers[i];
  else await new Promise((resolve) => setTimeout(resolve, options.apart));
}
await Promise.all(viewers);
await browser.close();
