import type { Player } from '../player/player';
import type { Playhead } from '../player/playhead';

const STEP = 10;

/** The Media Session API: metadata and seeking for headsets, lock screens and media keys. */
export class MediaSessionControls {
  private shown = '';
  private seekable = false;

  constructor(
    private readonly player: Player,
    private readonly playhead: Playhead,
  ) {}

  /** Title and picture; the picture's address may be "". */
  describe(title: string, album: string, poster: string): void {
    const key = JSON.stringify([title, album, poster]);
    if (!('mediaSession' in navigator) || key === this.shown) return;
    this.shown = key;
    const artwork = poster ? [{ src: poster, type: 'image/jpeg' }] : [];
    navigator.mediaSession.metadata = new MediaMetadata({ title, artist: 'Lightstick', album, artwork });
  }

  update(): void {
    if (!('mediaSession' in navigator)) return;
    const { range } = this.playhead;
    if ((range !== null) !== this.seekable) this.offerSeeking(range !== null);
    if (!range || this.playhead.isLive) return;
    const duration = range.end - range.start;
    const position = Math.min(Math.max(this.playhead.time - range.start, 0), duration);
    const { playbackRate } = this.player.video;
    navigator.mediaSession.setPositionState({ duration, position, playbackRate: playbackRate || 1 });
  }

  private offerSeeking(offered: boolean): void {
    this.seekable = offered;
    if (!offered) navigator.mediaSession.setPositionState();
    const { playhead } = this;
    const handlers: [MediaSessionAction, MediaSessionActionHandler][] = [
      ['seekbackward', ({ seekOffset }) => playhead.step(-(seekOffset ?? STEP))],
      ['seekforward', ({ seekOffset }) => playhead.step(seekOffset ?? STEP)],
      ['seekto', ({ seekTime }) => playhead.seek((playhead.range?.start ?? 0) + (seekTime ?? 0))],
    ];
    for (const [action, handler] of handlers) {
      try {
        navigator.mediaSession.setActionHandler(action, offered ? handler : null);
      } catch {
        // Browsers throw on actions that they do not know.
      }
    }
  }
}
