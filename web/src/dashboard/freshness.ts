import { announce } from '../ui/announce';
import { byId, setText } from '../ui/dom';
import { span } from './numbers';
import type { Poller } from './poller';

const label = byId('freshness');
let answeredAt = 0;
let lost = false;

/** Shows how old the numbers are, every second while the page is visible. */
export function setupFreshness(poller: Poller): void {
  setInterval(() => !document.hidden && !label.hidden && show(poller), 1000);
}

/** Notes how a round went. */
export function noteRound(answered: boolean, poller: Poller): void {
  if (answered) answeredAt = Date.now();
  if (answered === lost) {
    lost = !answered;
    announce(lost ? 'The server does not answer.' : 'The server answers again.');
  }
  show(poller);
}

function show(poller: Poller): void {
  document.body.classList.toggle('stale', lost);
  const age = answeredAt > 0 ? span(Date.now() - answeredAt) : '';
  if (!lost) return setText(label, age ? `Updated ${age} ago` : 'Asking…');
  const soon = Math.max(0, poller.next - Date.now());
  setText(label, `${age ? `Last answer ${age} ago` : 'No answer'}, ${soon > 0 ? `next try in ${span(soon + 999)}` : 'trying'}`);
}
