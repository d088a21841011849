/** A new publication continues in the same playlists; so long it may take until its picture moves. */
const PATIENCE = 4000;

/** Tells when a new publication has to be loaded, because the player did not get to it by itself. */
export class Succession {
  private publication = '';
  private since = 0;

  /**
   * To be called while the stream is live. Loading anew sooner would throw away a player
   * that is about to go on, since the picture has stood still all the time that the
   * broadcaster was away.
   *
   * @param loaded the publication that was on air when the player was loaded
   * @param idleMs how long the picture has stood still
   */
  isOverdue(publication: string, loaded: string, idleMs: number, now: number): boolean {
    if (publication !== this.publication) {
      this.publication = publication;
      this.since = now;
    }
    return publication !== loaded && idleMs > PATIENCE && now - this.since > PATIENCE;
  }
}
