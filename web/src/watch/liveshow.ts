import type { LiveBadge } from '../controls/livebadge';
import { folderOf, playlistURL, watchPath } from '../net/links';
import { loadRecording } from '../net/loadrecording';
import { contains, type Recording } from '../net/recording';
import type { Route } from '../net/route';
import type { Report, Status } from '../net/status';
import type { CatchUp } from '../player/catchup';
import { PublicationChange } from '../player/publicationchange';
import { showToast } from '../ui/toast';
import type { RecordingOffer } from './cover';
import { chooseView, type View } from './scene';
import type { ShowContext } from './showcontext';

/** A standstill this long is more than a hiccup. */
const INTERRUPTION = 2500;
/** Milliseconds without progress after which a live stream is loaded anew. */
const STANDSTILL_PATIENCE = 20_000;

/** Plays the live stream as it comes and goes, and knows the recording that stays when it is over. */
export class LiveShow {
  private interrupted = false;
  private readonly publicationChange = new PublicationChange();
  /** Where the link says to begin, until that is settled. */
  private at: number | null;
  /** The newest recording, once it was asked for. */
  private newest: Recording | null = null;
  private asking = '';
  private readonly asked = new Set<string>();

  constructor(
    private readonly context: ShowContext,
    private readonly route: Route,
    private readonly live: LiveBadge,
    private readonly catchUp: CatchUp,
    private readonly openRecording: (id: string, at: number | null) => void,
  ) {
    this.at = route.at;
    context.preview.showSegmentPreviews(context.player);
    context.playhead.clip = null;
  }

  tick(report: Report | null): void {
    if (report?.kind === 'status') this.context.playhead.dvr = (report.status.dvr ?? 0) > 0;
    this.followReport(report);
    this.returnToLiveEdge();
    this.catchUp.update();
  }

  view(report: Report | null): View {
    return chooseView(report, this.context.progress.playback);
  }

  /** What to watch when nothing is on air. */
  offer(report: Report | null): RecordingOffer | null {
    const status = report?.kind === 'status' ? report.status : null;
    const id = status?.recording;
    if (!id || (status.state !== 'ended' && status.state !== 'offline')) return null;
    void this.loadNewestRecording(id);
    const poster = this.newest?.id === id ? this.newest.poster : '';
    return {
      href: watchPath({ stream: this.route.stream, recording: id, at: null, clip: null }),
      poster: poster && folderOf(this.route.stream, id) + poster,
    };
  }

  /** Loads and unloads as the stream comes and goes. */
  private followReport(report: Report | null): void {
    const { player } = this.context;
    if (report?.kind === 'missing') player.unload();
    if (report?.kind !== 'status') return;
    const { status } = report;
    if (status.state === 'live') this.followLive(status);
    else if (status.state !== 'reconnecting') this.followEnd(status);
  }

  private followLive(status: Status): void {
    const { player, progress, playhead } = this.context;
    const { publication } = status;
    const overdue = this.publicationChange.isOverdue(publication, player.source.publication, progress.idleMs, performance.now());
    const changed = overdue || (player.failed && publication !== player.source.publication);
    if (!player.loaded || (changed && !player.pausedByViewer && !playhead.rewind.active)) {
      if (this.at !== null && status.begins && this.at < status.begins) return this.playMoment(this.at, status);
      this.load(publication);
    } else if (!player.video.paused && !player.failed && progress.idleMs > STANDSTILL_PATIENCE) player.rebuild();
  }

  private load(publication: string): void {
    const { player, playhead } = this.context;
    const url = playlistURL(this.route.stream, null);
    const startPosition = this.at === null ? null : { date: this.at };
    this.at = null;
    player.load({ url, live: true, publication, startPosition });
    if (startPosition) playhead.rewind.setByPosition(Infinity);
    else playhead.rewind.reset();
  }

  private followEnd(status: Status): void {
    const { player, progress, playhead } = this.context;
    // A live edge that comes later is not what the link meant.
    if (this.at !== null && !player.loaded) return this.playMoment(this.at, status);
    // What is buffered plays to its end first.
    if (progress.playback.advancing || !player.loaded) return;
    if (playhead.rewind.active && !player.video.ended) {
      // They are somewhere in the middle: there they stay until the recording can take over.
      this.continueInRecording(status);
      if (player.video.paused) return;
    }
    player.unload();
    playhead.rewind.reset();
    // A viewer who paused this show gets the next one playing.
    player.pausedByViewer = false;
  }

  private continueInRecording(status: Status): void {
    const { date } = this.context.playhead;
    if (!status.recording || date === null) return;
    void this.loadNewestRecording(status.recording);
    if (this.newest?.id === status.recording && contains(this.newest, date)) this.openRecording(this.newest.id, date);
  }

  /** Plays a moment before the live window from the newest recording, if that holds it. */
  private playMoment(at: number, { recording }: Status): void {
    if (recording) void this.loadNewestRecording(recording);
    if (this.asking) return;
    if (this.newest && contains(this.newest, at)) return this.openRecording(this.newest.id, at);
    this.at = null;
    showToast('That moment is not kept any more');
  }

  /** Once per recording; what could not be had is not asked for again and again. */
  private async loadNewestRecording(id: string): Promise<void> {
    if (this.asking === id || this.asked.has(id)) return;
    this.asked.add(id);
    this.asking = id;
    const found = await loadRecording(this.route.stream, id);
    if (found.kind === 'recording') this.newest = found.recording;
    this.asking = '';
  }

  /** Takes a viewer who fell behind by an interruption back to the live edge. */
  private returnToLiveEdge(): void {
    const { player, progress, stats, playhead } = this.context;
    if (player.video.paused || playhead.rewind.active) this.interrupted = false;
    else if (progress.idleMs > INTERRUPTION) this.interrupted = true;
    else if (this.interrupted && progress.playback.advancing) {
      this.interrupted = false;
      if (stats.isBehind) this.live.goLive();
    }
  }
}
