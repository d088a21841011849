import type { ServerClock } from './clock';
import { byId, setText } from './dom';
import * as format from './format';
import type { Report, StreamState } from './status';

const title = byId('title');
const chip = byId('chip');
const viewers = byId('viewers');
const elapsed = byId('elapsed');

const CHIPS: Record<StreamState, string> = {
  offline: 'Offline',
  starting: 'Starting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  ended: 'Ended',
};

/** What stands beneath the player: the show's title, its state, its audience and its age. */
export function showAbout(report: Report | null, name: string, clock: ServerClock): void {
  const status = report?.kind === 'status' ? report.status : null;
  const onAir = status?.state === 'live' || status?.state === 'reconnecting';
  setText(title, name);
  if (name) document.title = `${status?.state === 'live' ? '● ' : ''}${name} · Lightstick`;

  chip.hidden = !status;
  viewers.hidden = !status || (!onAir && status.viewers === 0);
  elapsed.hidden = !status || !onAir || status.started_at <= 0;
  if (!status) return;

  chip.dataset.state = status.state;
  setText(chip, CHIPS[status.state]);
  setText(viewers.lastElementChild as Element, `${format.compactCount(status.viewers)} ${onAir ? 'watching' : 'waiting'}`);
  setText(elapsed.lastElementChild as Element, format.elapsed(clock.now() - status.started_at));
}
