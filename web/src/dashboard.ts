import { Api, type Answer } from './dashboard/api';
import { cdnRows } from './dashboard/cdnrows';
import { CDNTable } from './dashboard/cdntable';
import { Chart } from './dashboard/chart';
import { Egress } from './dashboard/egress';
import { noteRound, setupFreshness } from './dashboard/freshness';
import { showAudience, showBill } from './dashboard/headline';
import { History } from './dashboard/history';
import { showInputs } from './dashboard/inputlist';
import { Poller } from './dashboard/poller';
import { DEFAULT_SHOW, setupProjection, showProjection } from './dashboard/projection';
import { showQuality } from './dashboard/qualitytable';
import { showSection } from './dashboard/section';
import { askToken, setupSignIn, signedIn } from './dashboard/signin';
import { answers, takeSnapshot, type Snapshot } from './dashboard/snapshot';
import { streamRows, totalViewers } from './dashboard/streamrows';
import { setupStreams, showStreams } from './dashboard/streamtable';
import { storedToken, storeToken } from './dashboard/token';
import type { Cost, Mode, Pathway, Quality, StreamInfo } from './dashboard/types';
import { byId } from './ui/dom';
import { setupTheme } from './ui/theme';

/** How to have what the server does not answer for. */
const OFF = {
  cost: 'This server does not count what delivery costs; newer ones do (cost.prices).',
  steering: 'Steering is off. Name the CDNs in steering.pathways to spread viewers over them.',
  quality: 'Players’ reports are off. Set cmcd.enabled=true.',
  streams: 'This server does not list its streams.',
};
const REFUSED = 'The server refused the token. Paste the one from api.token, or the one it printed at its first start.';

const history = new History();
const egress = new Egress();
const chart = new Chart(history);
const cdns = new CDNTable(egress, setMode);
const poller = new Poller(round);
let api = new Api('');
let show = DEFAULT_SHOW;
// The last answers: a part that fails now leaves the others what it knew.
const last = { cost: null as Cost | null, streams: [] as StreamInfo[], quality: [] as Quality[], pathways: [] as Pathway[] };

setupTheme();
setupStreams();
setupFreshness(poller);
setupSignIn(signIn);
setupProjection((wanted) => {
  show = wanted;
  poller.now();
});
byId('forget').addEventListener('click', () => {
  storeToken('');
  location.reload(); // and with it goes all that the page knew
});
if (storedToken()) signIn(storedToken());
else askToken();

function signIn(token: string): void {
  storeToken(token);
  api = new Api(token);
  signedIn();
  poller.start();
}

function refused(): void {
  poller.stop();
  storeToken('');
  askToken(REFUSED);
}

async function round(signal: AbortSignal): Promise<boolean> {
  const snapshot = await takeSnapshot(api, show, signal);
  if (signal.aborted) return false;
  const all = answers(snapshot);
  if (all.some((a) => a.kind === 'refused')) {
    refused();
    return false;
  }
  // A part that fails is shown in its section; the page is stale when all parts fail.
  const answered = all.some((a) => a.kind !== 'failed');
  if (answered) render(snapshot);
  noteRound(answered, poller);
  return answered;
}

function render(s: Snapshot): void {
  if (s.cost.kind === 'ok') last.cost = s.cost.data;
  if (s.streams.kind === 'ok') last.streams = s.streams.data ?? [];
  if (s.quality.kind !== 'failed') last.quality = s.quality.kind === 'ok' ? s.quality.data ?? [] : [];
  if (s.pathways.kind !== 'failed') last.pathways = s.pathways.kind === 'ok' ? s.pathways.data ?? [] : [];
  const currency = last.cost?.currency ?? 'USD';
  const rows = streamRows(last.streams, last.cost?.streams ?? [], last.quality, s.statuses);
  const viewers = totalViewers(rows);
  if (s.cost.kind === 'ok') {
    egress.add(Date.parse(s.cost.data.at), s.cost.data.cdns ?? []);
    history.add({ at: Date.now(), cost: s.cost.data.per_hour.five_minutes, viewers });
    chart.show(currency);
  }
  showSection('bill', s.cost, OFF.cost, showBill);
  showAudience(viewers, egress.total(), egress.of('origin'));
  showSection('streams', s.streams, OFF.streams, () => showStreams(rows, currency));
  showSection('inputs', s.streams, OFF.streams, () => showInputs(last.streams));
  showCDNs(s);
  showSection('quality', s.quality, OFF.quality, () => showQuality(last.quality));
  showSection('projection', s.cost, OFF.cost, (cost) => showProjection(cost.projection, currency));
}

/** The CDNs are known by the bill, by steering, or by both. */
function showCDNs(s: Pick<Snapshot, 'cost' | 'pathways'>): void {
  const rows = cdnRows(last.cost?.cdns ?? [], last.pathways, last.quality);
  const answer: Answer<unknown> = s.cost.kind === 'off' && s.pathways.kind === 'ok' ? s.pathways : s.cost;
  showSection('cdns', answer, OFF.cost, () => cdns.show(rows, last.cost?.currency ?? 'USD'));
  const hint = byId('steering-off');
  hint.textContent = s.pathways.kind === 'failed' ? `Steering is not known: ${s.pathways.why}.` : OFF.steering;
  hint.hidden = s.pathways.kind === 'ok' && last.pathways.length > 0;
}

async function setMode(pathway: string, mode: Mode) {
  const answer = await api.put<Pathway[]>(`/steering/${encodeURIComponent(pathway)}`, { state: mode });
  if (answer.kind === 'refused') refused();
  if (answer.kind === 'ok') {
    last.pathways = answer.data ?? [];
    cdns.show(cdnRows(last.cost?.cdns ?? [], last.pathways, last.quality), last.cost?.currency ?? 'USD');
    poller.now(); // an answer under way may be older
  }
  return answer;
}
