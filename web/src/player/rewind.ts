/** How far behind the edge counts as behind, on top of the stream's own distance from it. */
export const SLACK = 3;

/**
 * Whether the viewer of a live stream is behind because they want to be. Then nothing
 * may hurry them or take them to the edge; a viewer who was thrown behind wants back.
 */
export class Rewind {
  private wanted = false;

  /** They moved, or went on after a pause, and are now so many seconds behind the live position. */
  moved(behind: number): void {
    this.wanted = behind > SLACK;
  }

  /** They asked for the live edge, or for another source. */
  reset(): void {
    this.wanted = false;
  }

  /** Called all the time: whoever has come back to the edge is live again, however that happened. */
  observe(behind: number): void {
    if (behind <= SLACK / 2) this.wanted = false;
  }

  get active(): boolean {
    return this.wanted;
  }
}
