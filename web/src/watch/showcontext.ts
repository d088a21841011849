import type { SeekPreview } from '../controls/preview';
import type { PlaybackAuth } from '../net/playbackauth';
import type { PlaybackStats } from '../player/playbackstats';
import type { Player } from '../player/player';
import type { Playhead } from '../player/playhead';
import type { Progress } from '../player/progress';
import type { ResumePositions } from '../player/resumepositions';

/** The objects that LiveShow and RecordingShow use. */
export interface ShowContext {
  player: Player;
  playhead: Playhead;
  progress: Progress;
  stats: PlaybackStats;
  preview: SeekPreview;
  resumePositions: ResumePositions;
  auth: PlaybackAuth;
}
