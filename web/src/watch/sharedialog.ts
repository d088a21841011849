import { watchPath } from '../net/links';
import type { Route } from '../net/route';
import type { Playhead } from '../player/playhead';
import { byId, setText } from '../ui/dom';
import * as format from '../ui/format';
import { showToast } from '../ui/toast';

const dialog = byId<HTMLDialogElement>('share-dialog');
const fromStart = byId<HTMLInputElement>('share-from-start');
const fromNow = byId<HTMLInputElement>('share-from-now');
const link = byId<HTMLInputElement>('share-link');

/** Shares a link to the show, to the current moment, or to a clip. */
export class ShareDialog {
  /** The program date time when the dialog was opened. */
  private moment: number | null = null;

  constructor(
    private readonly playhead: Playhead,
    private readonly route: () => Route,
    makeClip: () => void,
  ) {
    byId('share').addEventListener('click', () => this.open());
    byId('share-copy').addEventListener('click', () => {
      dialog.close();
      void this.send(this.path());
    });
    byId('share-clip').addEventListener('click', () => {
      dialog.close();
      makeClip();
    });
    for (const choice of [fromStart, fromNow]) choice.addEventListener('change', () => this.showLink());
    link.addEventListener('focus', () => link.select());
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog) dialog.close();
    });
  }

  /** Phones get their own share sheet, everything else the clipboard. */
  async send(path: string, copied = 'Link copied'): Promise<void> {
    const url = location.origin + path;
    const onPhone = matchMedia('(pointer: coarse)').matches;
    if (onPhone && 'share' in navigator) {
      // The viewer closing the sheet rejects the promise; nothing is to be done about it.
      await navigator.share({ title: document.title, url }).catch(() => undefined);
      return;
    }
    try {
      await navigator.clipboard.writeText(url);
      showToast(copied);
    } catch {
      // Clipboards need a secure origin; a plain http server on a local network is none.
      showToast(url);
    }
  }

  /** With nowhere to seek there is but one link, so nothing to choose. */
  private open(): void {
    const { range, date, isLive, rewind } = this.playhead;
    if (!range || date === null) {
      fromStart.checked = true;
      void this.send(this.path());
      return;
    }
    this.moment = date;
    const now = isLive ? format.clockTime(date) : format.elapsed((this.playhead.time - range.start) * 1000);
    setText(byId('share-start-name'), this.startName());
    setText(byId('share-now-time'), now);
    fromStart.checked = !rewind.active;
    fromNow.checked = rewind.active;
    this.showLink();
    dialog.showModal();
  }

  private startName(): string {
    if (this.playhead.isLive) return 'Live, as it happens';
    return this.route().clip ? 'The whole clip' : 'From the beginning';
  }

  private showLink(): void {
    link.value = location.origin + this.path();
  }

  private path(): string {
    return watchPath({ ...this.route(), at: fromNow.checked ? this.moment : null });
  }
}
