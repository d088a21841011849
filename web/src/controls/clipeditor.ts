import type { DateSpan } from '../net/route';
import { proposeClip, withEnd, withStart, type Span } from '../player/clipspan';
import type { Player } from '../player/player';
import type { Playhead } from '../player/playhead';
import { announce } from '../ui/announce';
import { byId, setText } from '../ui/dom';
import { onDrag } from '../ui/drag';
import * as format from '../ui/format';
import { percent, type Scrubber } from './scrubber';

const timeline = byId('timeline');
const controls = byId('controls');
const panel = byId('clip');
const length = byId('clip-length');
const loop = byId('clip-loop');

type End = 'start' | 'end';

const ENDS: Record<End, { handle: HTMLElement; button: HTMLElement; time: HTMLElement; set: typeof withStart; name: string }> = {
  start: { handle: byId('clip-handle-start'), button: byId('clip-start'), time: byId('clip-start-time'), set: withStart, name: 'Clip starts' },
  end: { handle: byId('clip-handle-end'), button: byId('clip-end'), time: byId('clip-end-time'), set: withEnd, name: 'Clip ends' },
};

/** Selects a range on the bar and makes a link that plays only that. */
export class ClipEditor {
  private clip: Span | null = null;
  private looping = false;

  constructor(
    private readonly player: Player,
    private readonly playhead: Playhead,
    private readonly scrubber: Scrubber,
    private readonly share: (span: DateSpan) => void,
  ) {
    for (const end of ['start', 'end'] as const) this.setupEnd(end);
    loop.addEventListener('click', () => this.setLooping(!this.looping));
    byId('clip-share').addEventListener('click', () => this.shareClip());
    byId('clip-close').addEventListener('click', () => this.close());
    player.video.addEventListener('timeupdate', () => this.loopInside());
  }

  get open(): boolean {
    return this.clip !== null;
  }

  /** Begins with what was just seen. */
  start(): void {
    this.show();
    if (this.clip) ENDS.start.button.focus();
  }

  /** Keys open the panel without taking the focus: space goes on playing and pausing. */
  private show(): void {
    const { range } = this.playhead;
    if (!range || this.clip) return;
    this.clip = proposeClip(this.playhead.time, range);
    panel.hidden = false;
    timeline.classList.add('clipping');
    // Keep the bar visible while it is used.
    keepControlsVisible(true);
    this.update();
  }

  close(): void {
    if (!this.clip) return;
    this.clip = null;
    this.setLooping(false);
    // Move the focus off an element that is hidden.
    const focused = panel.contains(document.activeElement) || timeline.contains(document.activeElement);
    panel.hidden = true;
    timeline.classList.remove('clipping');
    keepControlsVisible(false);
    if (focused) byId('share').focus();
  }

  /** Sets one end to a media time; without one to what plays now. Opens the panel if need be. */
  setEnd(end: End, time = this.playhead.time): void {
    this.show();
    const { range } = this.playhead;
    if (!this.clip || !range) return;
    this.clip = ENDS[end].set(this.clip, time, range);
    this.update();
    announce(`${ENDS[end].name} at ${ENDS[end].time.textContent ?? ''}`);
  }

  update(): void {
    const { range } = this.playhead;
    if (!this.clip) return;
    if (!range) return this.close();
    const { start, end } = this.clip;
    timeline.style.setProperty('--clip-start', percent(start, range));
    timeline.style.setProperty('--clip-end', percent(end, range));
    for (const name of ['start', 'end'] as const) {
      const text = this.label(this.clip[name], range);
      setText(ENDS[name].time, text);
      const { handle } = ENDS[name];
      handle.setAttribute('aria-valuemax', String(Math.floor(range.end - range.start)));
      handle.setAttribute('aria-valuenow', String(Math.floor(this.clip[name] - range.start)));
      handle.setAttribute('aria-valuetext', text);
    }
    setText(length, format.elapsed(Math.round(end - start) * 1000));
  }

  private setupEnd(end: End): void {
    const { handle, button } = ENDS[end];
    button.addEventListener('click', () => this.setEnd(end));
    onDrag(handle, {
      move: (x) => this.drag(end, x),
      drop: () => this.scrubber.hidePreview(),
      cancel: () => this.scrubber.hidePreview(),
    });
    handle.addEventListener('keydown', (event) => {
      const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
      if (by === undefined || !this.clip) return;
      event.preventDefault();
      this.drag(end, null, this.clip[end] + by);
    });
    handle.addEventListener('blur', () => this.scrubber.hidePreview());
  }

  private drag(end: End, x: number | null, time = this.scrubber.timeAt(x ?? 0)): void {
    const { range } = this.playhead;
    if (!this.clip || !range) return;
    this.clip = ENDS[end].set(this.clip, time, range);
    this.update();
    this.scrubber.showPreview(this.clip[end]);
  }

  private setLooping(looping: boolean): void {
    this.looping = looping;
    loop.setAttribute('aria-pressed', String(looping));
    if (!looping || !this.clip) return;
    this.playhead.seek(this.clip.start);
    void this.player.video.play().catch(() => undefined);
  }

  private loopInside(): void {
    if (!this.looping || !this.clip || this.player.video.seeking) return;
    const { time } = this.playhead;
    if (time >= this.clip.end || time < this.clip.start - 1) this.playhead.seek(this.clip.start);
  }

  private shareClip(): void {
    if (!this.clip) return;
    const start = this.playhead.dateOf(this.clip.start);
    const end = this.playhead.dateOf(this.clip.end);
    if (start !== null && end !== null && start < end) this.share({ start, end });
  }

  private label(time: number, range: Span): string {
    if (!this.playhead.isLive) return format.elapsed((time - range.start) * 1000);
    const date = this.playhead.dateOf(time);
    return date === null ? format.behindLive(range.end - time) : format.clockTime(date);
  }
}

/** The bar and the controls stay in sight, also where no mouse has moved. */
function keepControlsVisible(on: boolean): void {
  for (const element of [timeline, controls]) element.toggleAttribute('noautohide', on);
}
