/** Milliseconds after a discontinuity, or the beginning, at which to look for sound: it is listed a little later than its picture. */
const LOOKS = [1000, 3000, 7000, 15_000];

/** Whether a multivariant playlist names sound: a rendition, or a second codec of a variant that has both. */
export function namesSound(playlist: string): boolean {
  return /^#EXT-X-MEDIA:.*TYPE=AUDIO/m.test(playlist) || /^#EXT-X-STREAM-INF:.*CODECS="[^"]*,/m.test(playlist);
}

/**
 * Tells when to look for sound that comes late. hls.js reads the multivariant playlist
 * once: what began without sound stays silent. Sound that comes begins a new stretch,
 * after a discontinuity.
 */
export class LateSound {
  private discontinuity = NaN;
  private since = 0;
  private looked = 0;

  /** To be called with each update of a playlist that began without sound, and the discontinuity sequence number at its end. */
  shouldLook(discontinuity: number, now: number): boolean {
    if (discontinuity !== this.discontinuity) {
      this.discontinuity = discontinuity;
      this.since = now;
      this.looked = 0;
    }
    const next = LOOKS[this.looked];
    if (next === undefined || now - this.since < next) return false;
    this.looked++;
    return true;
  }
}
