// What the checks of a room's reactions and tools share: visits to a fresh server, what
// that server (fakechat.mjs) does besides messages, and questions to a page.
import assert from 'node:assert/strict';
import { launch } from './chromium.mjs';
import { openRoom } from './fakechat.mjs';
import { serve } from './fakeorigin.mjs';

export const DESKTOP = { viewport: { width: 1280, height: 800 } };
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
export const HOSTILE = '<img src=x onerror="window.pwned=1">';
export const EMOTES = { mina_wave: '/emotes/wave.svg', mina_love: '/emotes/love.svg', starfall: '/emotes/star.svg' };
export const browser = await launch();

/** A visit to a fresh server; what the page throws or logs about its policy is a failure. */
export async function visit(film, check) {
  const origin = await serve(film);
  const room = openRoom(origin);
  const calls = [];
  extend(origin, room, calls);
  const contexts = [];
  const errors = [];
  const open = async ({ options = DESKTOP, role = 'member', name = 'Mina', more = {} } = {}) => {
    const context = await browser.newContext({ colorScheme: 'dark', ...options, ...more });
    contexts.push(context);
    const page = await context.newPage();
    page.on('pageerror', (e) => errors.push(String(e)));
    page.on('console', (m) => m.type() === 'error' && m.text().includes('Content Security') && errors.push(m.text()));
    await page.goto(`${origin.url}/watch/show#chat=${token(name, role)}`);
    await until(page, () => document.getElementById('chat')?.dataset.state === 'on');
    return page;
  };
  /** Any page, such as a real server's. */
  const browse = async (url) => {
    const context = await browser.newContext(DESKTOP);
    contexts.push(context);
    const page = await context.newPage();
    page.on('pageerror', (e) => errors.push(String(e)));
    await page.goto(url);
    return page;
  };
  try {
    await check({ open, browse, room, calls, state: origin.state });
    assert.deepEqual(errors, []);
  } finally {
    for (const context of contexts) await context.close();
    origin.close();
  }
}
/** The stand-in takes any token at its word. */
function token(name, role) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ user: { id: `u-${name}`, name, role } })}.x`;
}

/** What this driver's checks need of the server besides messages. */
function extend(origin, room, calls) {
  room.emotes = EMOTES;
  room.refuse = {};
  const usual = room.rpc.bind(room);
  room.rpc = (client, call) => {
    calls.push(call);
    const refused = room.refuse[call.method];
    if (refused) return { error: refused };
    if (call.method === 'act') return { data: { done: `Done: ${call.data.act}`, act: call.data } };
    return usual(client, call);
  };
  const serveObject = origin.state.handle;
  origin.state.handle = (request, response, url) => {
    const emote = /^\/emotes\/(\w+)\.svg$/.exec(url.pathname);
    if (emote) {
      response.writeHead(200, { 'Content-Type': 'image/svg+xml' }).end(drawn(emote[1]));
      return true;
    }
    if (url.pathname === '/api/v1/chat/show/audit') {
      calls.push({ method: 'audit', data: request.headers.authorization });
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(room.audit ?? []));
      return true;
    }
    return serveObject(request, response, url);
  };
  room.set = (change) => {
    const settings = { ...room.settings, ...change, revision: room.settings.revision + 1, sent: Date.now() };
    for (const key of Object.keys(settings)) if (settings[key] === null) delete settings[key];
    room.settings = settings;
    room.send(settings);
  };
  room.pulse = (counts, stats) => room.push('react:show', { data: { ...(counts && { counts }), ...(stats && { stats }) } });
}

function drawn(name) {
  const body = {
    wave: '<circle cx="16" cy="16" r="14" fill="#7b5cff"/><path d="M8 18q4-8 8 0t8 0" stroke="#fff" stroke-width="3" fill="none"/>',
    love: '<circle cx="16" cy="16" r="14" fill="#ff9fb4"/><path d="M16 25 7 15a5 5 0 0 1 9-4 5 5 0 0 1 9 4Z" fill="#d01e4c"/>',
    star: '<path d="m16 2 4 10h10l-8 7 3 11-9-7-9 7 3-11-8-7h10Z" fill="#ffd84a"/>',
  }[name] ?? '';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32" viewBox="0 0 32 32">${body}</svg>`;
}

export const until = (page, condition, argument = null) => page.waitForFunction(condition, argument);
export const stateIs = (page, kind) => until(page, (kind) => document.getElementById('chat')?.dataset.state === kind, kind);
export const playing = (page) => until(page, () => window.lightstick.video.currentTime > 0 && window.lightstick.video.readyState > 2);
export const acts = (calls) => calls.filter(({ method }) => method === 'act').map(({ data }) => data);
export const toast = (page, text) => until(page, (text) => document.getElementById('toast').textContent.startsWith(text), text);
export const user = (name, more = {}) => ({ id: `u-${name}`, name, role: 'member', ...more });
export const now = () => Date.now();

export const reacted = (calls) => calls.filter(({ method }) => method === 'react').map(({ data }) => data);
export const arrived = async (calls, name) => {
  for (let wait = 0; !reacted(calls).some(({ counts }) => counts[name]); wait++) {
    assert.ok(wait < 4500, `${name} never arrived`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
export const overlay = (page) => page.evaluate(() => ({ ...window.lightstickReactions.state }));
export const dateOf = (page) => page.evaluate(() => window.lightstickChat.date());
/** Lines for screen readers are taken away again. */
export const listen = (page) => page.evaluate(() => {
  window.said = [];
  new MutationObserver((changes) => changes.forEach((c) => c.addedNodes.forEach((n) => window.said.push(n.textContent)))).observe(document.getElementById('announcer'), { childList: true });
});
/** Targets that a finger can't hit; swatches and the like count with their whole button. */
export const small = (page, scope) => page.$$eval(`${scope} :is(button, select, input:not([type=checkbox]))`, (all) => all
  .filter((e) => e.checkVisibility() && e.offsetWidth > 0).map((e) => [e.className, e.offsetWidth, e.offsetHeight]).filter(([, w, h]) => w < 44 || h < 40));
