// Runs in the page: watches its first <video> as a viewer would.
(() => {
  const seen = { frames: 0, firstFrameMs: 0, lastFrameMs: 0, ages: [], stalls: [], sizes: [] };
  window.seen = seen;

  // A freeze is a pause between two frames that a viewer notices.
  const freeze = 300;

  function onFrame(video) {
    const now = performance.now();
    if (seen.frames++ === 0) {
      seen.firstFrameMs = now;
      seen.firstTime = video.currentTime;
    }
    else if (now - seen.lastFrameMs > freeze) {
      seen.stalls.push({ at: Math.round(seen.lastFrameMs), ms: Math.round(now - seen.lastFrameMs) });
    }
    seen.lastFrameMs = now;
    const size = `${video.videoWidth}x${video.videoHeight}`;
    if (seen.sizes.at(-1)?.size !== size) seen.sizes.push({ at: Math.round(now), size });
    // Reading pixels costs; a few times a second is enough.
    if (seen.frames % 6 === 0) {
      const age = window.readStamp(video);
      if (age !== null && age < 120_000) seen.ages.push({ at: Math.round(now), ms: age });
    }
    video.requestVideoFrameCallback(() => onFrame(video));
  }

  const search = setInterval(() => {
    const video = document.querySelector('video');
    if (!video) return;
    clearInterval(search);
    video.requestVideoFrameCallback(() => onFrame(video));
  }, 10);

  window.holdLevel = (height) => {
    const hls = window.lightstick?.hls ?? window.hls;
    const index = hls.levels.findIndex((l) => l.height === height);
    hls.nextLevel = index;
    return index;
  };

  window.report = () => {
    const video = document.querySelector('video');
    return {
      ...seen,
      now: performance.now(),
      currentTime: video?.currentTime,
      page: window.lightstick?.stats?.(),
      lastFrameAgoMs: performance.now() - seen.lastFrameMs,
    };
  };
})();
