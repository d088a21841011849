// Drives what a room has besides messages - reactions, waves, polls, tools of moderators -
// against a stand-in for the server (fakechat.mjs). Prints a line per check and exits
// non-zero if one failed. The argument is a folder for the film that plays, which is
// painted there once; with a second one, pictures are taken into it. ONLY=word runs the
// checks whose name has the word.
import { fans } from './roomfans.mjs';
import { takePictures } from './roompictures.mjs';
import { staff } from './roomstaff.mjs';
import { browser, visit } from './roomvisit.mjs';

const [film, pictures] = process.argv.slice(2);
const checks = { ...fans, ...staff, ...(pictures && { 'pictures are taken': takePictures(pictures) }) };

let failed = 0;
const queue = Object.entries(checks).filter(([name]) => !process.env.ONLY || name.includes(process.env.ONLY));
async function worker() {
  for (let next = queue.shift(); next; next = queue.shift()) {
    const [name, check] = next;
    const began = performance.now();
    try {
      await visit(film, check);
      console.log(`ok   ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failed++;
      console.log(`FAIL ${name}\n     ${String(error.stack ?? error.message).split('\n').slice(0, 9).join('\n     ')}`);
    }
  }
}
await Promise.all([worker(), worker(), worker()]);
await browser.close();
process.exit(failed > 0 ? 1 : 0);
