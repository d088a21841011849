import type { Refusal } from '../net/playbacktoken';
import type { Report } from '../net/status';

/** The full pictures that cover the video. */
export type SceneName = 'loading' | 'offline' | 'starting' | 'reconnecting' | 'stopped' | 'ended' | 'missing' | 'unreachable' | 'error' | 'gone' | 'expired' | 'refused';

export interface View {
  /** Covers the player. */
  scene: SceneName | null;
  /** A small line over the picture, which stays visible. */
  notice: 'reconnecting' | 'unreachable' | null;
  /** Why, for "refused". */
  refusal?: Refusal;
}

export interface Playback {
  /** At least one frame of this source was shown. */
  hasFrame: boolean;
  /** Time moved on within the last second. */
  advancing: boolean;
  /** The player gave up. */
  failed: boolean;
}

/** Decides what to show. What plays is never covered: viewers see the last second of buffer, too. */
export function chooseView(report: Report | null, playback: Playback): View {
  if (playback.hasFrame && playback.advancing) return view(null);
  if (!report) return view('loading');
  if (report.kind === 'missing') return view('missing');
  if (report.kind === 'unreachable') {
    return playback.hasFrame ? view(null, 'unreachable') : view('unreachable');
  }
  switch (report.status.state) {
    case 'reconnecting':
      // The player stays loaded: a broadcaster who starts again continues in the same playlists.
      if (report.status.stopped) return view('stopped');
      return playback.hasFrame ? view(null, 'reconnecting') : view('reconnecting');
    case 'live':
      if (playback.failed) return view('error');
      return view(playback.hasFrame ? null : 'starting');
    default:
      return view(report.status.state);
  }
}

/** What the server does not let them watch; what is buffered plays to its end. */
export function chooseRefusal(refusal: Refusal | null, playback: Playback): View | null {
  if (refusal === null || (playback.hasFrame && playback.advancing)) return null;
  return { ...view('refused'), refusal };
}

/** What is known of a recording, apart from its playback. */
export type RecordingState = 'loading' | 'there' | 'gone' | 'expired' | 'unreachable';

/** The same for a recording, whose poster needs no cover while it loads. */
export function chooseRecordingView(state: RecordingState, playback: Playback, hasPoster: boolean): View {
  if (playback.hasFrame && playback.advancing) return view(null);
  switch (state) {
    case 'loading':
      return view('loading');
    case 'gone':
    case 'expired':
      return view(state);
    case 'unreachable':
      return playback.hasFrame ? view(null, 'unreachable') : view('unreachable');
    case 'there':
      if (playback.failed) return view('error');
      return view(playback.hasFrame || hasPoster ? null : 'starting');
  }
}

function view(scene: View['scene'], notice: View['notice'] = null): View {
  return { scene, notice };
}
