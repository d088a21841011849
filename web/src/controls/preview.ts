import { Pictures, type Picture } from '../net/imageloader';
import { loadPicture } from '../net/loadimage';
import { parseStoryboard, thumbnailAt, type Thumbnail } from '../net/storyboard';
import { pictureURL, type Listed } from '../player/segmentpreview';
import { byId, setText } from '../ui/dom';

const player = byId('player');
const box = byId('preview');
const frame = byId('preview-frame');
const sheet = byId<HTMLImageElement>('preview-sheet');
const label = byId('preview-time');

/** Thumbnails are shown this wide, whatever their size in the sheet. */
const WIDTH = 168;
/** What the frame's border, the time below it and the space around them take, in pixels. */
const AROUND = 44;
/** The picture is never lower than this, however low the player. */
const LOWEST = 40;
const TIMEOUT = 15_000;

/** Segments that have pictures, and the address to ask for instead of one that a playlist leads to. */
interface Pictured {
  readonly segments: readonly Listed[];
  address(url: string): string;
}

/** What floats over the bar where one points: a thumbnail, if there is one, and the time. */
export class Preview {
  private thumbnails: Thumbnail[] = [];
  /** Media time of the storyboard at media time zero of what plays. */
  private offset = 0;
  private loading = '';
  private pictured: Pictured | null = null;
  private pointed = 0;
  private readonly pictures = new Pictures(loadPicture, () => {
    if (!box.hidden) this.showPicture();
  });

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

  /** Shows the segments' own pictures from now on. */
  follow(pictured: Pictured): void {
    this.clear();
    this.pictured = pictured;
  }

  clear(): void {
    this.loading = '';
    this.thumbnails = [];
    this.pictured = null;
    this.pictures.clear();
  }

  /** x is in pixels from the bar's left edge, width the bar's. */
  show(time: number, text: string, x: number, width: number): void {
    this.pointed = time;
    setText(label, text);
    box.hidden = false;
    this.showPicture();
    const half = box.offsetWidth / 2;
    box.style.left = `${Math.min(Math.max(x, half), Math.max(width - half, half))}px`;
  }

  hide(): void {
    box.hidden = true;
    this.pictures.leave();
  }

  private showPicture(): void {
    const found = thumbnailAt(this.thumbnails, this.pointed + this.offset) ?? this.segmentPicture();
    // While a picture is on its way the last one stays, darkened, lest the frame come and go.
    frame.classList.toggle('stale', found === undefined);
    if (found === undefined) return;
    frame.hidden = !found;
    if (found) place('sheet' in found ? found : whole(found));
  }

  private segmentPicture(): Picture | null | undefined {
    const { pictured } = this;
    const url = pictured && pictureURL(pictured.segments, this.pointed);
    return url ? this.pictures.get(pictured.address(url)) : null;
  }
}

/** A picture as a sheet with nothing else. */
function whole({ url, width, height }: Picture): Place {
  return { sheet: url, x: 0, y: 0, width, height };
}

type Place = Pick<Thumbnail, 'sheet' | 'x' | 'y' | 'width' | 'height'>;

/** Moves the sheet behind the frame until the thumbnail shows. */
function place(thumbnail: Place): void {
  // Tall pictures of phones must not fill the player, and low players have little room.
  const height = Math.min((thumbnail.height * WIDTH) / thumbnail.width, WIDTH);
  const shrink = Math.min(1, Math.max(LOWEST, room()) / height);
  const scale = (shrink * WIDTH) / thumbnail.width;
  frame.style.width = `${shrink * WIDTH}px`;
  frame.style.height = `${shrink * height}px`;
  if (sheet.getAttribute('src') !== thumbnail.sheet) sheet.src = thumbnail.sheet;
  sheet.style.transform = `scale(${scale}) translate(${-thumbnail.x}px, ${-thumbnail.y}px)`;
}

/** How high a picture can be between the bar and the player's upper edge. */
function room(): number {
  return box.getBoundingClientRect().bottom - player.getBoundingClientRect().top - AROUND;
}
