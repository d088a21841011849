import { announce } from '../ui/announce';
import { byId } from '../ui/dom';

const pill = byId('unmute');
const bigPlay = byId('big-play');

/**
 * Starts playback with sound if the browser allows it, else muted with an
 * unmute button, else after a tap (low-power phones refuse even muted playback).
 */
export async function startPlayback(video: HTMLVideoElement): Promise<void> {
  bigPlay.hidden = true;
  try {
    await video.play();
  } catch (error) {
    if (!isRefusal(error)) return; // interrupted by a new load, which starts playback itself
    if (video.muted) {
      bigPlay.hidden = false;
      return;
    }
    video.muted = true;
    pill.hidden = false;
    announce('Playing without sound. Press M to unmute.');
    await startPlayback(video);
  }
}

export function setupAutoplay(video: HTMLVideoElement): void {
  pill.addEventListener('click', () => {
    video.muted = false;
    tryToPlay(video);
  });
  bigPlay.addEventListener('click', () => tryToPlay(video));
  video.addEventListener('play', () => {
    bigPlay.hidden = true;
  });
  video.addEventListener('volumechange', () => {
    if (!video.muted) pill.hidden = true;
  });
}

/** For a viewer's own request to play: a refusal leaves the video paused, as it was. */
export function tryToPlay(video: HTMLVideoElement): void {
  video.play().catch(() => undefined);
}

function isRefusal(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotAllowedError';
}
