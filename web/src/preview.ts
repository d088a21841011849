import { byId, setText } from './dom';
import { parseStoryboard, thumbnailAt, type Thumbnail } from './storyboard';

const box = byId('preview');
const frame = byId('preview-frame');
const sheet = byId<HTMLImageElement>('preview-sheet');
const label = byId('preview-time');

/** Thumbnails are shown this wide, whatever their size in the sheet. */
const WIDTH = 168;
const TIMEOUT = 15_000;

/** What floats over the bar where one points: a thumbnail, if there is a storyboard, and the time. */
export class Preview {
  private thumbnails: Thumbnail[] = [];
  /** Media time of the storyboard at media time zero of what plays. */
  private offset = 0;
  private loading = '';

  /** Shows thumbnails from now on; without the file there are only times. */
  async load(folder: string, name: string, offset: number): Promise<void> {
    const url = folder + name;
    if (this.loading === url) return;
    this.loading = url;
    this.offset = offset;
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT) });
      const text = response.ok ? await response.text() : '';
      if (this.loading === url) this.thumbnails = parseStoryboard(text, folder);
    } catch {
      // A bar without pictures is still a bar.
    }
  }

  clear(): void {
    this.loading = '';
    this.thumbnails = [];
  }

  /** x is in pixels from the bar's left edge, width the bar's. */
  show(time: number, text: string, x: number, width: number): void {
    const thumbnail = thumbnailAt(this.thumbnails, time + this.offset);
    frame.hidden = !thumbnail;
    if (thumbnail) place(thumbnail);
    setText(label, text);
    box.hidden = false;
    const half = box.offsetWidth / 2;
    box.style.left = `${Math.min(Math.max(x, half), Math.max(width - half, half))}px`;
  }

  hide(): void {
    box.hidden = true;
  }
}

/** Moves the sheet behind the frame until the thumbnail shows. */
function place(thumbnail: Thumbnail): void {
  const scale = WIDTH / thumbnail.width;
  // Tall pictures of phones must not fill the player.
  const height = Math.min(thumbnail.height * scale, WIDTH);
  frame.style.width = `${WIDTH}px`;
  frame.style.height = `${height}px`;
  if (sheet.getAttribute('src') !== thumbnail.sheet) sheet.src = thumbnail.sheet;
  sheet.style.transform = `scale(${scale}) translate(${-thumbnail.x}px, ${-thumbnail.y}px)`;
}
