import 'media-chrome/dist/media-controller.js';
import 'media-chrome/dist/media-control-bar.js';
import 'media-chrome/dist/media-play-button.js';
import 'media-chrome/dist/media-mute-button.js';
import 'media-chrome/dist/media-volume-range.js';
import 'media-chrome/dist/media-pip-button.js';
import 'media-chrome/dist/media-fullscreen-button.js';
import 'media-chrome/dist/media-loading-indicator.js';

import { showAbout } from './about';
import { setupAutoplay, tryToPlay } from './autoplay';
import { ServerClock } from './clock';
import { fillCrowd } from './crowd';
import { byId } from './dom';
import { LiveControl } from './live';
import { Measure } from './measure';
import { Pace } from './pace';
import { Player } from './player';
import { Progress } from './progress';
import { QualityMenu } from './quality';
import { routeFrom } from './route';
import { chooseView } from './scene';
import { setupShare } from './share';
import { setupShortcuts } from './shortcuts';
import { showView } from './stage';
import { StatsPanel } from './statspanel';
import { StatusPoller, type Report, type Status } from './status';
import { setupTheme } from './theme';

const TICK = 250;
/** A new publication may continue in the same playlist; only when it does not, load it. */
const NEW_PUBLICATION_PATIENCE = 4000;
/** A standstill this long is more than a hiccup. */
const INTERRUPTION = 2500;
/** When a live stream stands still for this long, nothing gentler has helped. */
const STANDSTILL_PATIENCE = 20_000;

const route = routeFrom(location.pathname);
const video = byId<HTMLVideoElement>('video');
const crowd = byId('crowd');
const clock = new ServerClock();
const player = new Player(video, route.playlistURL);
const pace = new Pace(player);
const progress = new Progress(player);
const measure = new Measure(player, clock, stateName);
const live = new LiveControl(player, measure);
const quality = new QualityMenu(player);
const stats = new StatsPanel(player, measure);
const poller = new StatusPoller(route.statusURL, clock, () => progress.playback.advancing, onReport);

let report: Report | null = null;
/** Stays known while the server does not answer. */
let status: Status | null = null;
let interrupted = false;

setupTheme();
setupShare();
setupAutoplay(video);
byId('retry').addEventListener('click', () => {
  player.retry();
  tick();
});

const fullscreen = byId('fullscreen');
byId('player').addEventListener('dblclick', (event) => {
  if (event.target === event.currentTarget || event.target === video) fullscreen.click();
});

setupShortcuts([
  { keys: [' ', 'k'], caps: ['Space', 'K'], label: 'Play or pause', run: togglePlay },
  { keys: ['l'], caps: ['L'], label: 'Go live', run: () => live.goLive() },
  { keys: ['m'], caps: ['M'], label: 'Mute or unmute', run: () => (video.muted = !video.muted) },
  { keys: ['ArrowUp'], caps: ['↑'], label: 'Louder', run: () => changeVolume(0.05) },
  { keys: ['ArrowDown'], caps: ['↓'], label: 'Quieter', run: () => changeVolume(-0.05) },
  { keys: ['f'], caps: ['F'], label: 'Full screen', run: () => fullscreen.click() },
  { keys: ['s'], caps: ['S'], label: 'Statistics', run: () => stats.toggle() },
]);

Object.assign(window, {
  lightstick: {
    get hls() {
      return player.hls;
    },
    video,
    stats: () => measure.stats(),
  },
});

poller.start();
window.setInterval(tick, TICK);
tick();

function onReport(next: Report): void {
  // One lost answer must not take away what is known.
  if (next.kind === 'unreachable' && report?.kind === 'status' && progress.playback.advancing) return;
  if (isLive(next) && !isLive(report)) {
    // The server says the stream is fine again, so another try is worth it.
    if (player.failed) player.retry();
    quality.restore();
  }
  report = next;
  status = next.kind === 'status' ? next.status : status;
  tick();
}

function tick(): void {
  progress.sample();
  follow();
  catchUp();
  pace.update();
  const name = status?.name || (report ? route.stream : '');
  const view = chooseView(report, progress.playback);
  showView(view, name);
  showAbout(report, name, clock);
  crowd.hidden = status?.video !== false || view.scene !== null;
  if (!crowd.hidden) fillCrowd(crowd);
  live.update();
  stats.update();
}

/** Loads and unloads as the stream comes and goes. */
function follow(): void {
  if (report?.kind === 'missing') {
    player.unload();
    return;
  }
  if (report?.kind !== 'status') return;
  const { state, publication } = report.status;
  if (state === 'live') {
    const changed = publication !== player.publication && (progress.idleMs > NEW_PUBLICATION_PATIENCE || player.failed);
    if (!player.loaded || (changed && !player.pausedByViewer)) player.load(publication);
    else if (!video.paused && !player.failed && progress.idleMs > STANDSTILL_PATIENCE) player.rebuild();
  } else if (state !== 'reconnecting' && !progress.playback.advancing) {
    // What is buffered plays to its end first.
    player.unload();
    // Who paused the last show is still glad to see the next one begin.
    player.pausedByViewer = false;
  }
}

/** A viewer who was thrown behind by an interruption did not ask for it and returns to the live edge. */
function catchUp(): void {
  if (video.paused) interrupted = false;
  else if (progress.idleMs > INTERRUPTION) interrupted = true;
  else if (interrupted && progress.playback.advancing) {
    interrupted = false;
    if (measure.isBehind) live.goLive();
  }
}

function isLive(report: Report | null): boolean {
  return report?.kind === 'status' && report.status.state === 'live';
}

function stateName(): string {
  return report?.kind === 'status' ? report.status.state : (report?.kind ?? 'loading');
}

function togglePlay(): void {
  if (!player.loaded) return;
  if (video.paused) tryToPlay(video);
  else video.pause();
}

function changeVolume(step: number): void {
  video.volume = Math.min(1, Math.max(0, video.volume + step));
  if (step > 0) video.muted = false;
}
