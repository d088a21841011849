import type { Preview } from '../controls/preview';
import type { Ticket } from '../net/playbackauth';
import type { Measure } from '../player/playbackstats';
import type { Player } from '../player/player';
import type { Playhead } from '../player/playhead';
import type { Progress } from '../player/progress';
import type { Positions } from '../player/resumepositions';

/** What every kind of show plays with. */
export interface Deck {
  player: Player;
  playhead: Playhead;
  progress: Progress;
  measure: Measure;
  preview: Preview;
  positions: Positions;
  ticket: Ticket;
}
