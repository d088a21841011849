// Drives the dashboard against a stand-in for the server (fakeapi.mjs): the token, the
// bill, steering, what goes wrong. Prints a line per check and exits non-zero if one
// failed. With DASHBOARD_URL and DASHBOARD_TOKEN a real server's page is opened as well;
// the argument is a folder to take pictures into.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './chromium.mjs';
import { HOSTILE, serve, TOKEN } from './fakeapi.mjs';

const [pictures] = process.argv.slice(2);
if (pictures) mkdirSync(pictures, { recursive: true });
const DESKTOP = { viewport: { width: 1280, height: 800 }, locale: 'en-US', timezoneId: 'UTC' };
const PHONE = { ...DESKTOP, viewport: { width: 375, height: 812 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
const browser = await launch();

/** A visit to a fresh server, with a clock that the check turns; what the page throws, or its policy forbids, is a failure. */
async function visit(check) {
  const api = await serve();
  const contexts = [];
  const errors = [];
  const open = async ({ options = DESKTOP, token = TOKEN, url = `${api.url}/dashboard`, clock = true } = {}) => {
    const context = await browser.newContext(options);
    contexts.push(context);
    const page = await context.newPage();
    page.on('pageerror', (e) => errors.push(String(e)));
    page.on('console', (m) => m.type() === 'error' && m.text().includes('Content Security') && errors.push(m.text()));
    if (clock) await page.clock.install();
    await page.addInitScript(() => {
      window.said = []; // lines for screen readers are taken away again
      document.addEventListener('DOMContentLoaded', () => new MutationObserver((changes) => changes.forEach((c) => c.addedNodes.forEach((n) => window.said.push(n.textContent))))
        .observe(document.getElementById('announcer'), { childList: true }));
    });
    await page.goto(url);
    if (token) await signIn(page, token);
    return page;
  };
  try {
    await check({ open, state: api.state });
    assert.deepEqual(errors, []);
  } finally {
    for (const context of contexts) await context.close();
    api.close();
  }
}

async function signIn(page, token) {
  await page.getByLabel('API token').fill(token);
  await page.keyboard.press('Enter');
}

const text = (page, selector) => page.locator(selector).innerText();
const shown = (page) => page.waitForFunction(() => document.querySelectorAll('#quotes li').length > 0);
const until = (page, condition, argument) => page.waitForFunction(condition, argument);
const asked = (state, what) => state.requests.filter((r) => r.includes(what)).length;

/** Turns the clock so many rounds on, each of them answered. */
async function rounds(page, state, count) {
  for (let i = 0; i < count; i++) {
    const before = asked(state, '/api/v1/cost');
    await page.clock.runFor(10_500);
    for (let wait = 0; asked(state, '/api/v1/cost') === before && wait < 100; wait++) await new Promise((resolve) => setTimeout(resolve, 10));
    await until(page, () => /^Updated [0-3] s ago/.test(document.getElementById('freshness').textContent));
  }
}

/** Turns the clock until the condition holds: an answer takes real time, which a turned clock does not wait for. */
async function turn(page, condition) {
  for (let turns = 0; turns < 200; turns++) {
    if (await page.evaluate(condition)) return;
    await page.clock.runFor(1000);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`never came about: ${condition}`);
}

async function picture(page, name, fullPage = true) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage });
}

const checks = {
  'the token is asked for, kept in the tab alone, and forgotten': async ({ open, state }) => {
    const page = await open({ token: '' });
    await picture(page, 'signin', false);
    assert.deepEqual(state.requests, []);
    await signIn(page, 'wrong');
    await until(page, () => document.getElementById('signin-message').textContent.startsWith('The server refused the token'));
    await picture(page, 'refused', false);
    await signIn(page, 'gar\nbage\u2028'); // can't stand in a header
    await until(page, () => !document.getElementById('signin').hidden);
    await signIn(page, TOKEN);
    await shown(page);
    assert.ok(!page.url().includes('?') && !page.url().includes('#'));
    assert.ok(state.requests.every((r) => !r.includes(TOKEN)));
    assert.deepEqual(await page.evaluate((t) => [Object.values(localStorage).includes(t), Object.values(sessionStorage).includes(t), document.cookie, document.documentElement.outerHTML.includes(t)], TOKEN), [false, true, '', false]);
    await page.reload();
    await shown(page);
    await page.getByRole('button', { name: 'Forget token' }).click();
    await page.getByLabel('API token').waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  },

  'the bill is told in numbers, budgets and lines': async ({ open, state }) => {
    const page = await open();
    await shown(page);
    assert.equal(await text(page, '#hour-cost'), '$412.50');
    assert.equal(await text(page, '#minute-pace'), '$429.00');
    assert.equal(await text(page, '#budget-hour'), '83 % of $500.00, near the limit');
    assert.equal(await text(page, '#month-cost'), '$76,991');
    assert.equal(await text(page, '#viewer-hour'), '$0.0337');
    assert.match(await text(page, '#unpriced'), /^Without edge-a/);
    assert.equal(await text(page, '#viewers-now'), '4,284');
    assert.equal(await text(page, '#egress'), '–');
    await rounds(page, state, 3);
    assert.match(await text(page, '#egress'), /^\d+\.\d Gbit\/s$/);
    state.scale = 1.5;
    await rounds(page, state, 1);
    assert.match(await text(page, '#budget-hour'), /over budget$/);
    assert.match((await page.evaluate(() => window.said)).join(), /Hourly budget: 1\d\d % of \$500.00, over budget/);
    await page.locator('#chart-table summary').click();
    await until(page, () => document.querySelectorAll('#chart-rows tr').length === 5);
    assert.match(await page.locator('#chart svg').getAttribute('aria-label'), /^Cost per hour since .* between \$412.50 and/);
    await page.locator('#chart svg').hover({ position: { x: 5, y: 60 } });
    assert.match(await text(page, '#chart-readout'), /\$412.50 · 4,284 viewers/);
  },

  'streams, CDNs and reports have their tables, for screen readers too': async ({ open }) => {
    const page = await open({ options: PHONE });
    await shown(page);
    const rows = (name) => page.getByRole('table', { name }).getByRole('row');
    assert.equal(await rows('Streams').count(), 9);
    assert.match(await rows('Streams').nth(1).innerText(), /live\s*Main stage.*main-stage/s);
    assert.match(await rows('Streams').nth(1).innerText(), /4,077.*\$301.70.*\$0.0337.*\$40,210/s);
    assert.equal(await rows('CDNs').count(), 5);
    assert.match(await rows('CDNs').nth(2).innerText(), /edge-a.*no price.*demoted.*41 of 180 sessions/s);
    assert.match(await rows(/^Playback/).nth(2).innerText(), /South Korea.*1,607.*0.61 s.*1.42 s.*0.11 %.*4.6 Mbit\/s/s);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
  },

  'names and sources are text, whatever they hold': async ({ open }) => {
    const page = await open();
    await shown(page);
    assert.equal(await page.getByText(HOSTILE, { exact: true }).count(), 2);
    for (const summary of await page.locator('.provenance summary').all()) await summary.click();
    const links = await page.locator('#quotes a').evaluateAll((all) => all.map((a) => [a.protocol, a.target, a.rel]));
    assert.equal(links.length, 5);
    for (const link of links) assert.deepEqual(link, ['https:', '_blank', 'noopener noreferrer']);
    assert.equal(await page.evaluate(() => window.pwned), undefined);
  },

  'a refresh moves nothing': async ({ open, state }) => {
    const page = await open();
    await shown(page);
    await rounds(page, state, 2);
    await page.evaluate(() => {
      window.shifts = [];
      new PerformanceObserver((list) => window.shifts.push(...list.getEntries().flatMap((e) => e.sources.map((s) => `${s.node?.id || s.node?.className || s.node?.parentElement?.className} ${JSON.stringify(s.previousRect)} ${JSON.stringify(s.currentRect)}`)))).observe({ type: 'layout-shift' });
      window.kept = [...document.querySelectorAll('tbody tr, #quotes li')];
      document.querySelector('.modes button').focus();
    });
    state.scale = 1.2;
    await rounds(page, state, 3);
    await page.waitForTimeout(100);
    assert.deepEqual(await page.evaluate(() => [window.shifts, window.kept.every((e) => e.isConnected), document.activeElement.textContent]), [[], true, 'Preferred']);
  },

  'pathways are switched, off only when confirmed': async ({ open, state }) => {
    const page = await open();
    await shown(page);
    const modes = page.getByRole('group', { name: 'Steering of cloudfront' });
    await modes.getByRole('button', { name: 'Off' }).click();
    assert.equal(await text(page, '#confirm-title'), 'Switch cloudfront off?');
    await picture(page, 'confirm', false);
    await page.keyboard.press('Enter'); // on what leaves it
    await modes.getByRole('button', { name: 'Off' }).click();
    await page.keyboard.press('Escape');
    assert.deepEqual(state.puts, []);
    await modes.getByRole('button', { name: 'Off' }).click();
    await page.getByRole('button', { name: 'Switch off' }).click();
    await until(page, () => document.getElementById('toast').textContent === 'cloudfront is off');
    assert.deepEqual(state.puts, [['cloudfront', 'off']]);
    assert.equal(await modes.getByRole('button', { name: 'Off' }).getAttribute('aria-pressed'), 'true');
    await modes.getByRole('button', { name: 'Auto' }).click();
    await until(page, () => document.getElementById('toast').textContent === 'cloudfront is steered automatically');
    state.refusal = 'steering: mode: cloudfront is the only pathway that is not off';
    await modes.getByRole('button', { name: 'Preferred' }).click();
    await until(page, () => document.getElementById('toast').textContent.startsWith('cloudfront stays as it is: steering: mode'));
  },

  'a show is projected for the audience that is typed': async ({ open, state }) => {
    const page = await open();
    await shown(page);
    assert.ok(state.requests.includes('GET /api/v1/cost?viewers=100000&hours=2'));
    assert.match(await text(page, '#show-basis'), /^100,000 viewers for 2 hours, at 4.2 Mbit\/s .* \(as measured\): 378 TB\.$/);
    assert.equal(await text(page, '#quotes li:nth-child(2) .quote-total'), '$11,794');
    assert.ok(await page.locator('#quotes li:nth-child(1) .tag').isVisible() && !await page.locator('#quotes li:nth-child(2) .tag').isVisible());
    await page.getByLabel('Viewers', { exact: true }).fill('250000');
    await page.getByLabel('Hours').fill('1.5');
    await page.clock.runFor(500);
    await until(page, () => document.getElementById('show-basis').textContent.startsWith('250,000 viewers for 1.5 hours'));
    await page.getByLabel('Hours').fill('0');
    await page.clock.runFor(500);
    assert.ok(state.requests.every((r) => !r.includes('hours=0')));
    state.measured = false;
    await rounds(page, state, 1);
    assert.match(await text(page, '#projection'), /^What a viewer takes is not known yet/);
  },

  'what is off says how to switch it on, what fails says so': async ({ open, state }) => {
    for (const feature of ['cost', 'quality', 'steering']) state.off.add(feature);
    const page = await open();
    await until(page, () => document.getElementById('quality').textContent.includes('cmcd.enabled=true'));
    assert.match(await text(page, '#bill'), /cost\.prices/);
    assert.match(await text(page, '#steering-off'), /steering\.pathways/);
    assert.equal(await page.locator('#streams-rows tr').count(), 7);
    await picture(page, 'off');
    state.off.clear();
    await page.clock.runFor(10_000);
    await shown(page);
    state.broken.add('quality');
    await rounds(page, state, 1);
    await until(page, () => document.getElementById('quality').textContent.includes('This is the last answer; now: the database is locked.'));
    assert.ok(await page.locator('#quality-rows tr').count() > 3);
  },

  'an old answer is told to be old, and a lost server is asked ever less': async ({ open, state }) => {
    const page = await open();
    await shown(page);
    state.down = true;
    const before = asked(state, '/streams');
    await turn(page, () => window.said.includes('The server does not answer.'));
    for (let s = 10; s < 180; s += 5) await page.clock.runFor(5000);
    assert.match(await text(page, '#freshness'), /^Last answer (1\d\d s|[23] min) ago, (next try in \d+ s|trying)$/);
    assert.ok(await page.evaluate(() => document.body.classList.contains('stale')));
    const tries = asked(state, '/streams') - before;
    assert.ok(tries >= 3 && tries <= 9, `${tries} tries in 180 s`);
    await picture(page, 'stale', false);
    state.down = false;
    await turn(page, () => document.getElementById('freshness').textContent.startsWith('Updated'));
    assert.deepEqual(await page.evaluate(() => [window.said.at(-1), document.body.classList.contains('stale')]), ['The server answers again.', false]);
  },

  'a tab that nobody sees asks nothing': async ({ open, state }) => {
    const page = await open();
    await shown(page);
    const hide = (hidden) => page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
    await hide(true);
    let before;
    do { // what was asked before has arrived
      before = state.requests.length;
      await new Promise((resolve) => setTimeout(resolve, 300));
    } while (state.requests.length > before);
    await page.clock.runFor(120_000);
    assert.equal(state.requests.length, before);
    await hide(false);
    for (let wait = 0; state.requests.length === before && wait < 500; wait++) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.ok(state.requests.length > before);
    await until(page, () => document.getElementById('freshness').textContent.startsWith('Updated'));
  },

  'a real server’s page takes its token': async ({ open }) => {
    if (!process.env.DASHBOARD_URL) return;
    const page = await open({ url: process.env.DASHBOARD_URL, token: process.env.DASHBOARD_TOKEN, clock: false });
    await until(page, () => document.getElementById('freshness').textContent.startsWith('Updated'));
    assert.ok(await page.locator('#streams').isVisible());
    for (const mode of ['Preferred', 'Off', 'Auto']) {
      await page.getByRole('group', { name: 'Steering of edge-a' }).getByRole('button', { name: mode }).click();
      if (mode === 'Off') await page.getByRole('button', { name: 'Switch off' }).click();
      await page.getByRole('group', { name: 'Steering of edge-a' }).getByRole('button', { name: mode, pressed: true }).waitFor();
    }
    assert.match(await text(page, '#quality'), /No player has reported/);
    assert.doesNotMatch(await page.locator('#overview').innerText(), /Not known|NaN|undefined/);
  },
};

if (pictures) {
  checks['pictures are taken'] = async ({ open, state }) => {
    for (const [name, options] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
      const page = await open({ options });
      await shown(page);
      for (let i = 0; i < 60; i++) await rounds(page, state, 1);
      for (const colorScheme of ['dark', 'light']) {
        await page.emulateMedia({ colorScheme });
        await page.waitForTimeout(300);
        await picture(page, `${name}-${colorScheme}`);
      }
    }
  };
}

let failed = 0;
const queue = Object.entries(checks).filter(([name]) => !process.env.ONLY || name.includes(process.env.ONLY));
/** Each visit mostly waits, so a few go side by side. */
async function worker() {
  for (let next = queue.shift(); next; next = queue.shift()) {
    const [name, check] = next;
    try {
      await visit(check);
      console.log(`ok   ${name}`);
    } catch (error) {
      failed++;
      console.log(`FAIL ${name}\n     ${String(error.message).split('\n').slice(0, 8).join('\n     ')}`);
    }
  }
}
await Promise.all([worker(), worker(), worker()]);
await browser.close();
process.exit(failed > 0 ? 1 : 0);
