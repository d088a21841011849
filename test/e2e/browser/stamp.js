// Runs in the page: reads the time that package testcard drew into the picture as
// blocks along its lower edge. The layout is tools/testcard/stamp.go's.
window.readStamp = (() => {
  const timeBits = 32;
  const parityBits = 6;
  const bits = timeBits + parityBits;
  const rows = 20;
  const canvas = document.createElement('canvas');
  canvas.width = bits * 4;
  canvas.height = 4;
  const context = canvas.getContext('2d', { willReadFrequently: true });

  // The age of the picture in milliseconds, or null if the blocks can't be read.
  return (video) => {
    const width = video.videoWidth;
    const height = video.videoHeight / rows;
    context.drawImage(video, 0, video.videoHeight - height * 0.75, width, height / 2, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let time = 0;
    let ones = 0;
    let parity = 0;
    for (let i = 0; i < bits; i++) {
      // The second pixel of each block's four, in the second row.
      const bit = data[(canvas.width + i * 4 + 2) * 4] > 127 ? 1 : 0;
      if (i < timeBits) {
        time = time * 2 + bit;
        ones += bit;
      } else parity = parity * 2 + bit;
    }
    if (parity !== ones) return null;
    const period = 2 ** timeBits;
    return (((Date.now() - time) % period) + period) % period;
  };
})();
