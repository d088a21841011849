import type { PlaybackStats } from '../player/playbackstats';
import type { Player } from '../player/player';
import { byId, setText } from '../ui/dom';
import * as format from '../ui/format';

const panel = byId('stats');
const list = byId('stats-list');
const toggle = byId('stats-toggle');

/** The panel of playback statistics. */
export class StatsPanel {
  private readonly values = new Map<string, HTMLElement>();

  constructor(
    private readonly player: Player,
    private readonly measure: PlaybackStats,
  ) {
    toggle.addEventListener('click', () => this.toggle());
    byId('stats-close').addEventListener('click', () => {
      this.toggle();
      toggle.focus();
    });
  }

  toggle(): void {
    panel.hidden = !panel.hidden;
    toggle.setAttribute('aria-pressed', String(!panel.hidden));
    this.update();
  }

  update(): void {
    if (panel.hidden) return;
    const { hls, video } = this.player;
    const stats = this.measure.stats();
    const rate = hls?.levels[hls.currentLevel]?.frameRate ?? 0;
    const picture = video.videoWidth > 0 ? `${video.videoWidth} × ${video.videoHeight}` : '–';
    this.row('Resolution', rate > 0 ? `${picture} @ ${Math.round(rate)}` : picture);
    this.row('Stream', stats.level ? format.bitrate(stats.level.bitrate) : '–');
    this.row('Bandwidth', hls ? format.bitrate(hls.bandwidthEstimate) : '–');
    this.row('Latency', stats.latencySeconds === null ? '–' : `${stats.latencySeconds.toFixed(2)} s`);
    this.row('Buffer', `${this.measure.bufferSeconds.toFixed(2)} s`);
    this.row('Low latency', lowLatency(this.player));
    this.row('Dropped frames', String(stats.droppedFrames));
    this.row('Stalls', stats.stalls > 0 ? `${stats.stalls} (${(stats.stalledMs / 1000).toFixed(1)} s)` : '0');
    this.row('First frame', stats.firstFrameMs === null ? '–' : `${(stats.firstFrameMs / 1000).toFixed(2)} s`);
  }

  private row(name: string, text: string): void {
    let value = this.values.get(name);
    if (!value) {
      const row = document.createElement('div');
      const term = document.createElement('dt');
      term.textContent = name;
      value = document.createElement('dd');
      row.append(term, value);
      list.append(row);
      this.values.set(name, value);
    }
    setText(value, text);
  }
}

function lowLatency(player: Player): string {
  const { hls } = player;
  if (!hls) return player.loaded ? 'native' : '–';
  const details = hls.latestLevelDetails;
  if (!details) return '–';
  return details.partTarget > 0 ? `yes, ${details.partTarget.toFixed(2)} s parts` : 'no';
}
