import { clamp, type Span } from '../player/clipspan';
import type { Player } from '../player/player';
import type { Playhead } from '../player/playhead';
import { byId, setText } from '../ui/dom';
import { onDrag } from '../ui/drag';
import * as format from '../ui/format';
import type { SeekPreview } from './preview';

const timeline = byId('timeline');
const bar = byId('seek');
const played = byId('seek-played');
const buffered = byId('seek-buffered');
const pointed = byId('seek-pointed');
const clock = byId('time');
const startOver = byId('start-over');

const STEP = 5;
const PAGE = 60;
/** How long the preview stays after a key. */
const KEY_PREVIEW = 1200;

/** The seek bar: position, buffer, and seeking by pointer and keys. */
export class Scrubber {
  /** Where a finger holds the thumb; playback moves only when it lets go. */
  private dragged: number | null = null;
  private keyTimer = 0;
  private spokenText = '';

  constructor(
    private readonly player: Player,
    private readonly playhead: Playhead,
    private readonly preview: SeekPreview,
  ) {
    onDrag(bar, {
      move: (x) => this.drag(x),
      drop: (x) => this.drop(x),
      cancel: () => this.release(),
    });
    bar.addEventListener('pointermove', (event) => {
      if (this.dragged === null && event.pointerType !== 'touch') this.previewAt(event.clientX);
    });
    bar.addEventListener('pointerleave', () => {
      if (this.dragged === null) this.release();
    });
    bar.addEventListener('keydown', (event) => this.onKey(event));
    bar.addEventListener('blur', () => this.release());
    playhead.addEventListener('seek', () => this.onSeek());
    startOver.addEventListener('click', () => this.startOver());
  }

  startOver(): void {
    const { range } = this.playhead;
    if (range) this.playhead.seek(range.start);
  }

  /** Shows what is at a media time, as when one points there. */
  showPreview(time: number): void {
    const { range } = this.playhead;
    if (!range) return;
    const width = bar.clientWidth;
    this.preview.show(time, this.label(time, range), fraction(time, range) * width, width);
  }

  hidePreview(): void {
    this.preview.hide();
  }

  /** The media time under a window coordinate. */
  timeAt(x: number): number {
    const { range } = this.playhead;
    const box = bar.getBoundingClientRect();
    if (!range || box.width === 0) return 0;
    return clamp(range.start + ((x - box.left) / box.width) * (range.end - range.start), range);
  }

  update(): void {
    const { range } = this.playhead;
    timeline.hidden = !range;
    startOver.hidden = !range;
    clock.hidden = !range;
    if (!range) {
      this.hidePreview();
      setText(clock, '');
      return;
    }
    const time = this.shownTime(range);
    played.style.width = percent(time, range);
    bar.style.setProperty('--at', percent(time, range));
    this.showBuffered(range);
    setText(clock, this.clockText(time, range));
    this.updateAria(time, range);
  }

  private shownTime(range: Span): number {
    if (this.dragged !== null) return this.dragged;
    const { isLive, rewind, time } = this.playhead;
    // At the live edge the thumb stays at the end, whatever the latency.
    return isLive && !rewind.active && this.playhead.behind < 6 ? range.end : clamp(time, range);
  }

  private clockText(time: number, range: Span): string {
    if (!this.playhead.isLive) {
      return `${format.elapsed((time - range.start) * 1000)} / ${format.elapsed((range.end - range.start) * 1000)}`;
    }
    const behind = range.end - time;
    return behind < 1 ? '' : format.behindLive(behind);
  }

  private label(time: number, range: Span): string {
    if (!this.playhead.isLive) return format.elapsed((time - range.start) * 1000);
    const behind = range.end - time;
    return behind < 1 ? 'Live' : format.behindLive(behind);
  }

  /** For screen readers, which read each change of a focused slider: then only what the viewer did themselves. */
  private updateAria(time: number, range: Span, moved = false): void {
    if (document.activeElement === bar && !moved && this.spokenText) return;
    const length = range.end - range.start;
    const at = Math.floor(time - range.start);
    let text = `${format.spoken(at)} of ${format.spoken(length)}`;
    if (this.playhead.isLive) text = range.end - time < 1 ? 'Live' : `${format.spoken(range.end - time)} behind live`;
    if (text === this.spokenText) return;
    this.spokenText = text;
    bar.setAttribute('aria-valuemin', '0');
    bar.setAttribute('aria-valuemax', String(Math.floor(length)));
    bar.setAttribute('aria-valuenow', String(at));
    bar.setAttribute('aria-valuetext', text);
  }

  private showBuffered(range: Span): void {
    const { buffered: ranges, currentTime } = this.player.video;
    let span: Span = { start: 0, end: 0 };
    for (let i = 0; i < ranges.length; i++) {
      if (ranges.start(i) <= currentTime + 0.5 && currentTime <= ranges.end(i)) span = { start: ranges.start(i), end: ranges.end(i) };
    }
    const left = fraction(span.start, range);
    const right = fraction(span.end, range);
    buffered.style.left = `${left * 100}%`;
    buffered.style.width = `${Math.max(0, right - left) * 100}%`;
  }

  private previewAt(x: number): void {
    const { range } = this.playhead;
    if (!range) return;
    const time = this.timeAt(x);
    pointed.style.width = percent(time, range);
    this.showPreview(time);
  }

  private drag(x: number): void {
    this.dragged = this.timeAt(x);
    bar.classList.add('dragging');
    this.previewAt(x);
    this.update();
  }

  private drop(x: number): void {
    const time = this.timeAt(x);
    this.release();
    this.playhead.seek(time);
  }

  private release(): void {
    this.dragged = null;
    bar.classList.remove('dragging');
    pointed.style.width = '0';
    this.hidePreview();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { range } = this.playhead;
    const by = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, PageDown: -PAGE, PageUp: PAGE }[event.key];
    if (by === undefined || !range) return;
    event.preventDefault();
    this.playhead.step(by);
  }

  private onSeek(): void {
    const { range, time } = this.playhead;
    if (!range) return;
    this.update();
    this.updateAria(clamp(time, range), range, true);
    if (document.activeElement !== bar) return;
    this.showPreview(time);
    clearTimeout(this.keyTimer);
    this.keyTimer = window.setTimeout(() => {
      if (this.dragged === null && !bar.matches(':hover')) this.hidePreview();
    }, KEY_PREVIEW);
  }
}

export function fraction(time: number, range: Span): number {
  return clamp((time - range.start) / (range.end - range.start), { start: 0, end: 1 });
}

export function percent(time: number, range: Span): string {
  return `${(fraction(time, range) * 100).toFixed(3)}%`;
}
