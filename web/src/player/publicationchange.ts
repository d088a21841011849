/** Milliseconds. A new publication continues in the same playlists; playback may take this long to advance. */
const LONGEST_WAIT = 4000;

/** Decides when a new publication has to be loaded, because playback did not continue with it. */
export class PublicationChange {
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
    return publication !== loaded && idleMs > LONGEST_WAIT && now - this.since > LONGEST_WAIT;
  }
}
