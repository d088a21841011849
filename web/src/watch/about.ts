import type { ServerClock } from '../net/serverclock';
import type { Report, StreamState } from '../net/status';
import { byId, setText, setLanguage } from '../ui/dom';
import * as format from '../ui/format';

const title = byId('title');
const chip = byId('chip');
const viewers = byId('viewers');
const elapsed = byId('elapsed');

const recorded = byId('recorded');
const whole = byId<HTMLAnchorElement>('whole');
const liveLink = byId<HTMLAnchorElement>('live-link');

/** The facts shown below the player for a recording or a clip. */
export interface RecordingFacts {
  title: string;
  isClip: boolean;
  /** When it was broadcast and how long it stays, in Unix milliseconds; 0: unknown, or for ever. */
  start: number;
  expires: number;
  /** The show that a clip was cut from; "" where there is none to link to. */
  wholeHref: string;
  /** The live page, if there is a broadcast now; "" if not. */
  liveHref: string;
}

const CHIPS: Record<StreamState, string> = {
  offline: 'Offline',
  starting: 'Starting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  ended: 'Ended',
};

/** Shows the title, state, viewers and age of a live stream. A page that plays counts as a viewer. */
export function showAbout(report: Report | null, name: string, clock: ServerClock, watching: boolean): void {
  const status = report?.kind === 'status' ? report.status : null;
  const onAir = status?.state === 'live' || status?.state === 'reconnecting';
  setText(title, name);
  setLanguage(title, name);
  if (name) document.title = `${status?.state === 'live' ? '● ' : ''}${name} · Lightstick`;

  chip.hidden = !status;
  recorded.hidden = true;
  whole.hidden = true;
  liveLink.hidden = true;
  viewers.hidden = !status || (!onAir && status.viewers === 0);
  elapsed.hidden = !status || !onAir || status.started_at <= 0;
  if (!status) return;

  const state = status.stopped ? 'ended' : status.state;
  chip.dataset.state = state;
  setText(chip, CHIPS[state]);
  // The server counts this page from its first report on.
  const count = Math.max(status.viewers, watching ? 1 : 0);
  setText(viewers.lastElementChild as Element, `${format.compactCount(count)} ${onAir ? 'watching' : 'waiting'}`);
  setText(elapsed.lastElementChild as Element, format.elapsed(clock.now() - status.started_at));
}

export function showRecordingAbout(facts: RecordingFacts): void {
  const kind = facts.isClip ? 'Clip' : 'Recording';
  setText(title, facts.title);
  setLanguage(title, facts.title);
  if (facts.title) document.title = `${facts.title} · ${kind} · Lightstick`;
  chip.hidden = false;
  chip.dataset.state = 'recording';
  setText(chip, kind);
  viewers.hidden = true;
  elapsed.hidden = true;
  recorded.hidden = facts.start <= 0;
  setText(recorded.lastElementChild as Element, broadcastTime(facts));
  linkTo(whole, facts.wholeHref);
  linkTo(liveLink, facts.liveHref);
}

function broadcastTime({ start, expires }: RecordingFacts): string {
  const text = format.dayAndTime(start);
  return expires > 0 ? `${text} · available until ${format.dayAndTime(expires)}` : text;
}

function linkTo(link: HTMLAnchorElement, href: string): void {
  link.hidden = !href;
  if (href && link.getAttribute('href') !== href) link.href = href;
}
