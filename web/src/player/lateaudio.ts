/** Milliseconds after a discontinuity, or the start, at which to check for audio: it is listed a little later than video. */
const CHECK_DELAYS = [1000, 3000, 7000, 15_000];

/** Whether a multivariant playlist lists audio: a rendition, or a second codec of a variant. */
export function hasAudio(playlist: string): boolean {
  return /^#EXT-X-MEDIA:.*TYPE=AUDIO/m.test(playlist) || /^#EXT-X-STREAM-INF:.*CODECS="[^"]*,/m.test(playlist);
}

/**
 * Decides when to check for audio that starts after the video. hls.js reads the
 * multivariant playlist once, so a stream loaded without audio stays silent. Audio that
 * is added begins after a discontinuity.
 */
export class LateAudio {
  private discontinuity = NaN;
  private since = 0;
  private checks = 0;

  /** To be called with each update of a playlist that began without sound, and the discontinuity sequence number at its end. */
  shouldReload(discontinuity: number, now: number): boolean {
    if (discontinuity !== this.discontinuity) {
      this.discontinuity = discontinuity;
      this.since = now;
      this.checks = 0;
    }
    const next = CHECK_DELAYS[this.checks];
    if (next === undefined || now - this.since < next) return false;
    this.checks++;
    return true;
  }
}
