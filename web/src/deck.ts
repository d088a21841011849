import type { Measure } from './measure';
import type { Player } from './player';
import type { Playhead } from './playhead';
import type { Positions } from './positions';
import type { Preview } from './preview';
import type { Progress } from './progress';
import type { Ticket } from './ticket';

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
