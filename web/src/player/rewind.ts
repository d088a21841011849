/** Seconds behind the live position from which a viewer counts as behind. */
export const SLACK = 3;

/**
 * Whether the viewer of a live stream is behind by their own choice. Then playback is not
 * sped up and does not return to the live edge; a viewer who fell behind by a stall does.
 */
export class Rewind {
  private wanted = false;

  /** They moved, or went on after a pause, and are now so many seconds behind the live position. */
  setByPosition(behind: number): void {
    this.wanted = behind > SLACK;
  }

  /** They asked for the live edge, or for another source. */
  reset(): void {
    this.wanted = false;
  }

  /** Called several times a second: a viewer who is back at the edge has not rewound any more. */
  observe(behind: number): void {
    if (behind <= SLACK / 2) this.wanted = false;
  }

  get active(): boolean {
    return this.wanted;
  }
}
