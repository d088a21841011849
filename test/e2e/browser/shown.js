// Runs in the page: watches which pictures of its first <video> are shown, and where the
// buffer has holes. `currentTime` runs on while the picture stands, so tests of playing
// ask this instead:
//
//   window.shown.report()  frames, freezes, holes and how old the newest frame is
//
// A freeze is a pause between two shown pictures. `asleep` is the longest pause of the
// page's own timer meanwhile: a freeze that is hardly longer than that is the machine's.
// A hole is a stretch between two ranges of `buffered` that the playhead has passed:
// before that, it may still be filled.
(() => {
  const freezeMs = 500;
  const seen = { frames: 0, firstFrameMs: 0, lastFrameMs: 0, freezes: [], holes: [] };
  let asleep = 0;
  let lastTick = performance.now();
  let lastMediaTime = 0;
  let video;

  function pause(now) {
    return {
      at: Math.round(seen.lastFrameMs), ms: Math.round(now - seen.lastFrameMs), asleep: Math.round(asleep),
      picture: round(lastMediaTime), currentTime: round(video.currentTime),
    };
  }

  const round = (seconds) => Math.round(seconds * 1000) / 1000;

  function onFrame(now, { mediaTime }) {
    if (seen.frames++ === 0) seen.firstFrameMs = now;
    else if (now - seen.lastFrameMs > freezeMs) seen.freezes.push(pause(now));
    seen.lastFrameMs = now;
    lastMediaTime = mediaTime;
    asleep = 0;
    video.requestVideoFrameCallback(onFrame);
  }

  function noteHoles() {
    const { buffered, currentTime } = video;
    for (let i = 1; i < buffered.length; i++) {
      const from = round(buffered.end(i - 1));
      const to = round(buffered.start(i));
      if (currentTime > to && !seen.holes.some((h) => Math.abs(h.from - from) < 0.02)) seen.holes.push({ from, to });
    }
  }

  setInterval(() => {
    const now = performance.now();
    asleep = Math.max(asleep, now - lastTick);
    lastTick = now;
    if (!video) {
      video = document.querySelector('video');
      video?.requestVideoFrameCallback(onFrame);
    } else if (seen.frames > 0) {
      noteHoles();
    }
  }, 20);

  window.shown = {
    seen,
    // Where what was fetched ends.
    bufferedEnd: () => (video?.buffered.length ? video.buffered.end(video.buffered.length - 1) : 0),
    report() {
      const now = performance.now();
      const freezes = [...seen.freezes];
      if (seen.frames > 0 && now - seen.lastFrameMs > freezeMs) freezes.push(pause(now));
      const ranges = [];
      for (let i = 0; i < (video?.buffered.length ?? 0); i++) {
        ranges.push([round(video.buffered.start(i)), round(video.buffered.end(i))]);
      }
      const filled = ({ from, to }) => ranges.some(([start, end]) => start <= from && to <= end);
      const holes = seen.holes.filter((hole) => !filled(hole));
      return { ...seen, freezes, holes, ranges, lastFrameAgoMs: Math.round(now - seen.lastFrameMs), currentTime: video?.currentTime };
    },
  };
})();
