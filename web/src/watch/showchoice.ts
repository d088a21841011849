import type { Route } from '../net/route';
import type { Report } from '../net/status';

/** What the page plays: the live stream, or something of which every second is known. */
export type ShowChoice = { kind: 'live' } | { kind: 'recorded'; recording: string | null } | { kind: 'undecided' };

/**
 * A clip of a stream comes from its live window while it reaches back that far, and
 * else from the newest recording.
 */
export function chooseShow(route: Route, report: Report | null): ShowChoice {
  if (route.recording !== null) return { kind: 'recorded', recording: route.recording };
  if (!route.clip) return { kind: 'live' };
  if (report?.kind === 'missing') return { kind: 'recorded', recording: null };
  if (report?.kind !== 'status') return { kind: 'undecided' };
  const { state, begins, recording } = report.status;
  const onAir = state === 'live' || state === 'reconnecting';
  const inWindow = onAir && (!begins || begins <= route.clip.start);
  return { kind: 'recorded', recording: inWindow ? null : (recording ?? null) };
}
