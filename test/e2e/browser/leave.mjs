// A page that is left says so at once. The argument is a folder for the film that plays.
import assert from 'node:assert/strict';
import { launch } from './chromium.mjs';
import { serve } from './fakeorigin.mjs';

const origin = await serve(process.argv[2]);
/** States that the pages reported, by session, in order. */
const states = new Map();
origin.state.handle = (request, response, url) => {
  if (url.pathname !== '/cmcd') return false;
  let body = '';
  request.on('data', (data) => (body += data));
  request.on('end', () => {
    for (const line of body.split('\n')) {
      const session = /sid="(\w+)"/.exec(line)?.[1];
      const state = /sta=(\w)/.exec(line)?.[1];
      if (session) states.set(session, [...(states.get(session) ?? []), state]);
    }
    response.writeHead(204).end();
  });
  return true;
};
const until = async (what, condition) => {
  for (const end = Date.now() + 30_000; !condition(); await new Promise((resolve) => setTimeout(resolve, 50))) assert.ok(Date.now() < end, what);
};
const last = () => [...states.values()].map((list) => list.at(-1));

const browser = await launch();
const page = await (await browser.newContext()).newPage();
await page.goto(`${origin.url}/watch/show`);
await until('the first page plays', () => last()[0] === 'p');
await page.reload();
await until('a page that is reloaded has quit, and the new one plays', () => last()[0] === 'q' && last()[1] === 'p');
await page.goto('about:blank');
await until('a page that is left has quit', () => last()[1] === 'q');
assert.equal(states.size, 2);
console.log('ok   a page that is left says so');
await browser.close();
origin.close();
