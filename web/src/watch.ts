import 'media-chrome/dist/media-controller.js';
import 'media-chrome/dist/media-control-bar.js';
import 'media-chrome/dist/media-play-button.js';
import 'media-chrome/dist/media-mute-button.js';
import 'media-chrome/dist/media-volume-range.js';
import 'media-chrome/dist/media-pip-button.js';
import 'media-chrome/dist/media-fullscreen-button.js';
import 'media-chrome/dist/media-loading-indicator.js';

import { ChatLoader, type ChatPlace } from './chat/chatloader';
import { keepTokenFromAddress } from './chat/identity';
import type { PictureTime } from './chat/picturesync';
import { CaptionsMenu } from './controls/captionsmenu';
import { ClipEditor } from './controls/clipeditor';
import { LiveBadge } from './controls/livebadge';
import { MediaSessionControls } from './controls/mediasession';
import { SeekPreview } from './controls/preview';
import { QualityMenu } from './controls/qualitymenu';
import { Scrubber } from './controls/scrubber';
import { SpeedMenu } from './controls/speedmenu';
import { StatsPanel } from './controls/statspanel';
import { playlistPathWithoutToken, folderOf, statusURL, watchPath } from './net/links';
import { PlaybackAuth } from './net/playbackauth';
import { routeFrom, type DateSpan } from './net/route';
import { ServerClock } from './net/serverclock';
import { StatusPoller, type Report, type Status } from './net/status';
import { setupAutoplay, tryToPlay } from './player/autoplay';
import { CatchUp } from './player/catchup';
import { CMCDReporter } from './player/cmcdreporter';
import { PlaybackStats } from './player/playbackstats';
import { Player } from './player/player';
import { Playhead } from './player/playhead';
import { Progress } from './player/progress';
import type { RefusedAnswer } from './player/recovery';
import { ResumePositions } from './player/resumepositions';
import { ShownPicture } from './player/shownpicture';
import { byId } from './ui/dom';
import { setupTheme } from './ui/theme';
import { showAbout } from './watch/about';
import { drawLightstickRows } from './watch/audioonly';
import { showCover } from './watch/cover';
import { LiveShow } from './watch/liveshow';
import { RecordingShow } from './watch/recordingshow';
import { chooseRefusal, chooseView } from './watch/scene';
import { ShareDialog } from './watch/sharedialog';
import { setupShortcuts } from './watch/shortcuts';
import { chooseShow } from './watch/showchoice';
import type { ShowContext } from './watch/showcontext';

const TICK = 250;
const SHORT_STEP = 5;
const LONG_STEP = 10;
/** Frames a second where the playlist does not tell. */
const USUAL_FRAME_RATE = 30;

let route = routeFrom(location.pathname, location.search);
// First of all: what follows must not see the tokens in the address.
keepTokenFromAddress(route.stream);
const auth = new PlaybackAuth(route.stream, () => playlistPathWithoutToken(route.stream, route.recording));
const video = byId<HTMLVideoElement>('video');
const lightsticks = byId('crowd');
const clock = new ServerClock();
const player = new Player(video);
const progress = new Progress(player);
const playbackStats = new PlaybackStats(player, clock, stateName);
const playhead = new Playhead(player, playbackStats);
const shown = new ShownPicture(video, () => player.hls !== null);
const preview = new SeekPreview();
const context: ShowContext = { player, playhead, progress, stats: playbackStats, preview, resumePositions: new ResumePositions(() => localStorage), auth };
const catchUp = new CatchUp(player, playhead.rewind);
const liveBadge = new LiveBadge(player, playhead, playbackStats);
const scrubber = new Scrubber(player, playhead, preview);
const quality = new QualityMenu(player);
const speed = new SpeedMenu(player);
const statsPanel = new StatsPanel(player, playbackStats);
const mediaSession = new MediaSessionControls(player, playhead);
const shareDialog = new ShareDialog(playhead, () => route, () => clipEditor.start());
const clipEditor = new ClipEditor(player, playhead, scrubber, shareClip);
const chat = new ChatLoader(route.stream, picture, () => folderOf(route.stream, null));
const poller = new StatusPoller(statusURL(route.stream), clock, () => progress.playback.advancing, onReport);

let report: Report | null = null;
/** Stays known while the server does not answer. */
let status: Status | null = null;
/** Null while it is not decided what the link means. */
let show: LiveShow | RecordingShow | null = null;

new CaptionsMenu(player);
new CMCDReporter(player, playbackStats, () => route.stream);
setupTheme();
setupAutoplay(video);
byId('retry').addEventListener('click', () => {
  if (auth.refusal) auth.retry();
  else player.retry();
  tick();
});
player.resolveURL = (url) => auth.withCurrentToken(url);
player.addEventListener('refused', (event) => {
  const { status, header } = (event as CustomEvent<RefusedAnswer>).detail;
  auth.noteAnswer(status, header);
});
player.addEventListener('trouble', () => void auth.checkURL(player.source.url));
auth.addEventListener('refused', tick);
auth.addEventListener('accepted', () => {
  if (player.loaded) player.retry();
  tick();
});
byId('offer').addEventListener('click', (event) => {
  const id = status?.recording;
  if (!id || event.ctrlKey || event.metaKey || event.shiftKey) return;
  // Without a page load the click still allows playback with sound.
  event.preventDefault();
  history.pushState(null, '', watchPath({ ...route, recording: id }));
  openRecording(id, null);
});
window.addEventListener('popstate', () => {
  if (!auth.takeTokenFromAddress()) location.reload();
});

const fullscreen = byId('fullscreen');
byId('player').addEventListener('dblclick', (event) => {
  if (event.target === event.currentTarget || event.target === video) fullscreen.click();
});

const canSeek = () => playhead.range !== null;
setupShortcuts([
  { keys: [' ', 'k'], caps: ['Space', 'K'], label: 'Play or pause', run: togglePlay },
  { keys: ['ArrowLeft', 'ArrowRight'], caps: ['←', '→'], label: '5 seconds back or on', when: canSeek, run: (key) => playhead.step(key === 'ArrowLeft' ? -SHORT_STEP : SHORT_STEP) },
  { keys: ['j', 'l'], caps: ['J', 'L'], label: '10 seconds back or on', when: canSeek, run: (key) => playhead.step(key === 'j' ? -LONG_STEP : LONG_STEP) },
  { keys: ['Home'], caps: ['Home'], label: 'Start over', when: canSeek, run: () => scrubber.startOver() },
  { keys: ['End'], caps: ['End'], label: 'To the end, or live', when: () => player.loaded, run: toEnd },
  { keys: [...'0123456789'], caps: ['0', '–', '9'], label: 'To a tenth of a recording', when: () => canSeek() && !playhead.isLive, run: toTenth },
  { keys: [',', '.'], caps: [',', '.'], label: 'Frame by frame when paused', when: () => canSeek() && video.paused, run: (key) => playhead.step((key === ',' ? -1 : 1) / frameRate()) },
  { keys: ['<', '>'], caps: ['<', '>'], label: 'Slower or faster', when: () => !playhead.isLive, run: (key) => speed.step(key === '<' ? -1 : 1) },
  { keys: ['i', 'o'], caps: ['I', 'O'], label: 'Start or end of a clip', when: canSeek, run: (key) => clipEditor.setEnd(key === 'i' ? 'start' : 'end') },
  { keys: ['Escape'], caps: ['Esc'], label: 'Close the clip', when: () => clipEditor.open, run: () => clipEditor.close() },
  { keys: ['m'], caps: ['M'], label: 'Mute or unmute', run: () => (video.muted = !video.muted) },
  { keys: ['ArrowUp', 'ArrowDown'], caps: ['↑', '↓'], label: 'Louder or quieter', run: (key) => changeVolume(key === 'ArrowUp' ? 0.05 : -0.05) },
  { keys: ['f'], caps: ['F'], label: 'Full screen', run: () => fullscreen.click() },
  { keys: ['s'], caps: ['S'], label: 'Statistics', run: () => statsPanel.toggle() },
  { keys: ['c'], caps: ['C'], label: 'Write in the chat', when: () => chat.isOpenable, run: () => chat.focus() },
]);

Object.assign(window, {
  lightstick: {
    get hls() {
      return player.hls;
    },
    video,
    stats: () => playbackStats.stats(),
    playhead,
  },
});

poller.start();
window.setInterval(tick, TICK);
tick();

function onReport(next: Report): void {
  // One failed request does not replace the last status.
  if (next.kind === 'unreachable' && report?.kind === 'status' && progress.playback.advancing) return;
  if (isLive(next) && !isLive(report) && show instanceof LiveShow) {
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
  if (auth.settled && !auth.refusal) {
    show ??= begin();
    show?.tick(report);
  }
  playhead.update();
  const name = status?.name || (report ? route.stream : '');
  if (show instanceof RecordingShow) showRecorded(show, name);
  else showLive(show, name);
  liveBadge.update();
  scrubber.update();
  clipEditor.update();
  speed.update();
  mediaSession.update();
  statsPanel.update();
  chat.update(chatPlace());
}

function begin(): LiveShow | RecordingShow | null {
  const choice = chooseShow(route, report);
  if (choice.kind === 'undecided') return null;
  if (choice.kind === 'live') return new LiveShow(context, route, liveBadge, catchUp, openRecording);
  route = { ...route, recording: choice.recording };
  return new RecordingShow(context, route);
}

/** From the live page to a recording, without leaving the page or full screen. */
function openRecording(recording: string, at: number | null): void {
  clipEditor.close();
  route = { ...route, recording, at, clip: null };
  history.replaceState(null, '', watchPath(route));
  show = new RecordingShow(context, route);
}

function showLive(current: LiveShow | null, name: string): void {
  const view = chooseRefusal(auth.refusal, progress.playback) ?? (current ? current.view(report) : chooseView(report, progress.playback));
  showCover(view, name, current?.offer(report));
  showAbout(report, name, clock, progress.playback.advancing);
  lightsticks.hidden = status?.video !== false || view.scene !== null;
  if (!lightsticks.hidden) drawLightstickRows(lightsticks);
  mediaSession.describe(name || 'Lightstick', isLive(report) ? 'Live' : '', '');
}

function showRecorded(current: RecordingShow, name: string): void {
  const view = chooseRefusal(auth.refusal, progress.playback) ?? current.view();
  showCover(view, current.titleOr(name));
  current.about(name, report);
  lightsticks.hidden = view.scene !== null || video.readyState === 0 || video.videoWidth > 0;
  if (!lightsticks.hidden) drawLightstickRows(lightsticks);
  mediaSession.describe(current.titleOr(name) || 'Lightstick', name, current.poster);
}

/** The live room when the server has one; a recording may have kept its chat. */
function chatPlace(): ChatPlace {
  if (auth.refusal || !show) return null;
  if (show instanceof LiveShow) return status?.chat ? { kind: 'live' } : null;
  if (!player.loaded) return null;
  const { stream, recording } = route;
  return { kind: 'recording', id: recording ?? '', folder: () => folderOf(stream, recording) };
}

/** The picture's date, for the chat. */
function picture(): PictureTime {
  const time = player.loaded ? shown.time : null;
  const date = time === null ? null : playhead.dateOf(time);
  // A native player has dates from the first picture on, or never.
  const undated = time !== null && date === null && player.hls === null;
  return { date, coming: !player.failed && !undated && (player.loaded || isLive(report)) };
}

function shareClip(span: DateSpan): void {
  void shareDialog.send(watchPath({ ...route, at: null, clip: span }), 'Link to the clip copied');
}

function isLive(report: Report | null): boolean {
  return report?.kind === 'status' && report.status.state === 'live';
}

function stateName(): string {
  if (show instanceof RecordingShow) return 'recording';
  return report?.kind === 'status' ? report.status.state : (report?.kind ?? 'loading');
}

function togglePlay(): void {
  if (!player.loaded) return;
  if (video.paused) tryToPlay(video);
  else video.pause();
}

function toEnd(): void {
  if (playhead.isLive) liveBadge.goLive();
  else if (playhead.range) playhead.seek(playhead.range.end);
}

function toTenth(key: string): void {
  const { range } = playhead;
  if (range) playhead.seek(range.start + ((range.end - range.start) * Number(key)) / 10);
}

function frameRate(): number {
  const { hls } = player;
  return hls?.levels[hls.currentLevel]?.frameRate || USUAL_FRAME_RATE;
}

function changeVolume(step: number): void {
  video.volume = Math.min(1, Math.max(0, video.volume + step));
  if (step > 0) video.muted = false;
}
