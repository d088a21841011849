import { ImageLoader, type LoadedImage } from '../net/imageloader';
import { loadImage } from '../net/loadimage';
import { parseStoryboard, thumbnailAt, type Thumbnail } from '../net/storyboard';
import { previewURL, type ListedSegment } from '../player/segmentpreview';
import { byId, setText } from '../ui/dom';

const player = byId('player');
const box = byId('preview');
const frame = byId('preview-frame');
const sheet = byId<HTMLImageElement>('preview-sheet');
const label = byId('preview-time');

/** Thumbnails are shown this wide, whatever their size in the sheet. */
const WIDTH = 168;
/** What the frame's border, the time below it and the space around them take, in pixels. */
const SURROUNDINGS_HEIGHT = 44;
/** The picture is never lower than this, however low the player. */
const LOWEST_PICTURE = 40;
const TIMEOUT = 15_000;

/** Segments that have pictures, and the address to ask for instead of one that a playlist leads to. */
interface PreviewSource {
  readonly segments: readonly ListedSegment[];
  resolveURL(url: string): string;
}

/** The preview over the bar: a thumbnail, if there is one, and the time. */
export class SeekPreview {
  private thumbnails: Thumbnail[] = [];
  /** Media time of the storyboard at media time zero of what plays. */
  private offset = 0;
  private loading = '';
  private source: PreviewSource | null = null;
  private pointedTime = 0;
  private readonly images = new ImageLoader(loadImage, () => {
    if (!box.hidden) this.showPicture();
  });

  /** Shows thumbnails from now on; without the file there are only times. */
  async loadStoryboard(folder: string, name: string, offset: number): Promise<void> {
    const url = folder + name;
    if (this.loading === url) return;
    this.loading = url;
    this.offset = offset;
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT) });
      const text = response.ok ? await response.text() : '';
      if (this.loading === url) this.thumbnails = parseStoryboard(text, folder);
    } catch {
      // The bar works without thumbnails.
    }
  }

  /** Shows the segments' own pictures from now on. */
  showSegmentPreviews(source: PreviewSource): void {
    this.clear();
    this.source = source;
  }

  clear(): void {
    this.loading = '';
    this.thumbnails = [];
    this.source = null;
    this.images.clear();
  }

  /** x is in pixels from the bar's left edge, width the bar's. */
  show(time: number, text: string, x: number, width: number): void {
    this.pointedTime = time;
    setText(label, text);
    box.hidden = false;
    this.showPicture();
    const half = box.offsetWidth / 2;
    box.style.left = `${Math.min(Math.max(x, half), Math.max(width - half, half))}px`;
  }

  hide(): void {
    box.hidden = true;
    this.images.cancel();
  }

  private showPicture(): void {
    const found = thumbnailAt(this.thumbnails, this.pointedTime + this.offset) ?? this.segmentPicture();
    // While a picture loads, the last one stays, darkened, so that the frame does not flicker.
    frame.classList.toggle('stale', found === undefined);
    if (found === undefined) return;
    frame.hidden = !found;
    if (found) showSheetArea('sheet' in found ? found : asSheetArea(found));
  }

  private segmentPicture(): LoadedImage | null | undefined {
    const { source } = this;
    const url = source && previewURL(source.segments, this.pointedTime);
    return url ? this.images.get(source.resolveURL(url)) : null;
  }
}

/** A picture as a sheet with nothing else. */
function asSheetArea({ url, width, height }: LoadedImage): SheetArea {
  return { sheet: url, x: 0, y: 0, width, height };
}

type SheetArea = Pick<Thumbnail, 'sheet' | 'x' | 'y' | 'width' | 'height'>;

/** Moves the sheet behind the frame until the thumbnail shows. */
function showSheetArea(thumbnail: SheetArea): void {
  // Tall pictures of phones must not fill the player, and low players have little room.
  const height = Math.min((thumbnail.height * WIDTH) / thumbnail.width, WIDTH);
  const shrink = Math.min(1, Math.max(LOWEST_PICTURE, availableHeight()) / height);
  const scale = (shrink * WIDTH) / thumbnail.width;
  frame.style.width = `${shrink * WIDTH}px`;
  frame.style.height = `${shrink * height}px`;
  if (sheet.getAttribute('src') !== thumbnail.sheet) sheet.src = thumbnail.sheet;
  sheet.style.transform = `scale(${scale}) translate(${-thumbnail.x}px, ${-thumbnail.y}px)`;
}

/** How high a picture can be between the bar and the player's upper edge. */
function availableHeight(): number {
  return box.getBoundingClientRect().bottom - player.getBoundingClientRect().top - SURROUNDINGS_HEIGHT;
}
