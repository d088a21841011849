import { folderOf, playlistURL, watchPath } from '../net/links';
import { loadRecording } from '../net/loadrecording';
import { REFUSAL_HEADER } from '../net/playbacktoken';
import { clipOffset, type Recording } from '../net/recording';
import type { Route } from '../net/route';
import type { Report } from '../net/status';
import type { StartPosition } from '../player/player';
import { byId } from '../ui/dom';
import { elapsed } from '../ui/format';
import { showToast } from '../ui/toast';
import { showRecordingAbout } from './about';
import { chooseRecordingView, type RecordingState, type View } from './scene';
import type { ShowContext } from './showcontext';

/** Milliseconds without progress after which the recording is requested again, and the interval of that. */
const PROBE_AFTER = 2500;
const PROBE_INTERVAL = 4000;
const STANDSTILL_PATIENCE = 20_000;
const SAVE_INTERVAL = 5000;

const bigPlay = byId('big-play');

/** Plays a recording, or a clip of one or of the live stream: all of it is there from the start. */
export class RecordingShow {
  private state: RecordingState = 'loading';
  private recording: Recording | null = null;
  private probedAt = -Infinity;
  private savedAt = 0;

  constructor(
    private readonly context: ShowContext,
    private readonly route: Route,
  ) {
    const { player, playhead } = context;
    player.unload();
    if (route.recording === null) context.preview.showSegmentPreviews(player);
    else context.preview.clear();
    playhead.clip = route.clip;
    playhead.dvr = false;
    playhead.rewind.reset();
    player.video.addEventListener('play', () => {
      // Browsers start a whole source over; of a clip they don't know the end.
      if (playhead.clip && playhead.atEnd && playhead.range) playhead.seek(playhead.range.start);
    });
    player.video.addEventListener('pause', () => this.saveResumePosition());
    window.addEventListener('pagehide', () => this.saveResumePosition());
    void this.checkAvailability();
  }

  tick(): void {
    const { player, progress, playhead } = this.context;
    const waiting = this.state !== 'there' || player.failed || (!player.video.paused && progress.idleMs > PROBE_AFTER);
    const over = this.state === 'gone' || this.state === 'expired' || playhead.atEnd;
    if (waiting && !over && performance.now() - this.probedAt > PROBE_INTERVAL) void this.checkAvailability();
    if (player.loaded && !player.failed && !player.video.paused && !over && progress.idleMs > STANDSTILL_PATIENCE) player.rebuild();
    if (performance.now() - this.savedAt > SAVE_INTERVAL && progress.playback.advancing) this.saveResumePosition();
    if (player.loaded && playhead.atEnd && player.video.paused) bigPlay.hidden = false;
    this.showStoryboard();
  }

  view(): View {
    return chooseRecordingView(this.state, this.context.progress.playback, this.poster !== '');
  }

  about(name: string, report: Report | null): void {
    const { stream, clip } = this.route;
    const { recording } = this;
    showRecordingAbout({
      title: this.titleOr(name),
      isClip: clip !== null || (recording !== null && recording.clipOf !== ''),
      start: clip?.start ?? recording?.start ?? 0,
      expires: recording?.expires ?? 0,
      wholeHref: this.wholeHref(),
      liveHref: report?.kind === 'status' && report.status.state === 'live' ? `/watch/${encodeURIComponent(stream)}` : '',
    });
  }

  titleOr(name: string): string {
    return this.recording?.title || name;
  }

  /** Address of the poster, "" without one. */
  get poster(): string {
    const { recording } = this;
    return recording?.poster ? folderOf(this.route.stream, recording.id) + recording.poster : '';
  }

  private get url(): string {
    return playlistURL(this.route.stream, this.route.recording, this.route.clip);
  }

  /** Looks whether what is to be played is there, and begins with it when it is. */
  private async checkAvailability(): Promise<void> {
    this.probedAt = performance.now();
    const before = this.state;
    this.state = await this.loadState();
    const { player } = this.context;
    if (this.state === 'gone' || this.state === 'expired') player.unload();
    if (this.state !== 'there') return;
    if (!player.loaded) this.load();
    else if (player.failed && before === 'unreachable') player.retry();
  }

  private async loadState(): Promise<RecordingState> {
    const { stream, recording: id } = this.route;
    if (id === null) return this.loadClipState();
    const found = await loadRecording(stream, id, (status, header) => this.context.auth.noteAnswer(status, header));
    if (found.kind !== 'recording') {
      const expires = this.recording?.expires ?? 0;
      return found.kind === 'gone' && expires > 0 && expires < Date.now() ? 'expired' : found.kind;
    }
    this.recording = found.recording;
    const { expires } = found.recording;
    return expires > 0 && expires < Date.now() ? 'expired' : 'there';
  }

  private async loadClipState(): Promise<RecordingState> {
    try {
      const { status, ok, headers } = await fetch(this.url, { signal: AbortSignal.timeout(8000) });
      if (ok) return 'there';
      if (this.context.auth.noteAnswer(status, headers.get(REFUSAL_HEADER))) return 'unreachable';
      return status < 500 ? 'gone' : 'unreachable';
    } catch {
      return 'unreachable';
    }
  }

  private load(): void {
    const { player } = this.context;
    if (this.poster) player.video.poster = this.poster;
    player.load({ url: this.url, live: false, publication: '', startPosition: this.startPosition() });
  }

  private startPosition(): StartPosition {
    const { at, clip } = this.route;
    if (at !== null) return { date: at };
    if (clip) return { date: clip.start };
    const seconds = this.recording ? this.context.resumePositions.get(this.recording.id) : 0;
    if (seconds === 0) return null;
    const { playhead } = this.context;
    showToast(`Resumed at ${elapsed(seconds * 1000)}`, { label: 'Start over', run: () => playhead.seek(playhead.range?.start ?? 0) });
    return { seconds };
  }

  private saveResumePosition(): void {
    const { playhead, player, resumePositions } = this.context;
    const { range } = playhead;
    if (!range || !this.recording || this.route.clip || player.video.readyState === 0) return;
    this.savedAt = performance.now();
    resumePositions.set(this.recording.id, playhead.time, range.end);
  }

  private showStoryboard(): void {
    const { recording } = this;
    const { playhead, preview } = this.context;
    if (!recording?.storyboard || !playhead.range) return;
    const offset = this.route.clip ? this.clipOffset(recording) : 0;
    if (offset !== null) void preview.loadStoryboard(folderOf(this.route.stream, recording.id), recording.storyboard, offset);
  }

  private clipOffset(recording: Recording): number | null {
    const begins = this.context.playhead.dateOf(0);
    return begins === null ? null : clipOffset(recording, begins);
  }

  private wholeHref(): string {
    const { stream, recording, clip } = this.route;
    if (clip) return watchPath({ stream, recording, clip: null, at: clip.start });
    if (!this.recording?.clipOf) return '';
    const { clipOf, start } = this.recording;
    return watchPath({ stream, recording: clipOf === stream ? null : clipOf, clip: null, at: start });
  }
}
