// Watches in a page that no message is shown before its picture: compares, within the
// page and at the moment at which a message is shown, its date with the latest one of
// which a frame has been on the screen. No clock is involved, so a slow machine and a
// picture that goes back make no difference.

/** A frame's date is rounded, and may be measured a little better by the time at which it is compared. */
const SLACK = 50;

/** To be called before anything is shown that matters. */
export async function watchStep(page) {
  await page.waitForFunction(() => window.lightstickChat && window.lightstick.video.readyState > 2);
  await page.evaluate(() => {
    const { video, playhead } = window.lightstick;
    const seen = (window.seenInStep = { furthest: playhead.date ?? 0, early: [], shown: [] });
    const onFrame = (_now, { mediaTime }) => {
      seen.furthest = Math.max(seen.furthest, playhead.dateOf(mediaTime) ?? 0);
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
    window.lightstickChat.on('shown', (change) => {
      if (change.kind !== 'added') return;
      for (const { text, at } of change.messages) {
        seen.shown.push(text);
        if (at > seen.furthest) seen.early.push({ text, by: at - seen.furthest });
      }
    });
  });
}

/** The messages that were shown before their picture, and by how many milliseconds. */
export async function early(page) {
  return (await page.evaluate(() => window.seenInStep.early)).filter(({ by }) => by > SLACK);
}
