import { byId } from '../ui/dom';
import { watchWriting } from './keyboard';
import { parseIndex, type TrackIndex } from './objectindex';
import type { Picture } from './picturesync';
import { remember, remembered } from './settings';
import type { Started } from './startchat';

const aside = byId('chat');
const button = byId<HTMLButtonElement>('chat-toggle');
const ASK_AGAIN = 30_000;

/** Where the chat is: nowhere, in the live room, or beside a recording. */
export type Place = { kind: 'live' } | { kind: 'recording'; id: string; folder: () => string } | null;

/** Opens the chat beside the picture when there is one, and puts it away and back. Loads nothing before. */
export class ChatDoor {
  private started: Started | null = null;
  private place = '';
  private opening = false;
  private askAfter = 0;
  private open = remembered('open', true);

  constructor(
    private readonly room: string,
    private readonly picture: () => Picture,
    private readonly folder: () => string,
  ) {
    button.addEventListener('click', () => this.toggle());
    watchWriting(aside);
  }

  /** To be called now and then with where the chat is. */
  update(place: Place): void {
    const name = place === null ? '' : place.kind === 'live' ? 'live' : `recording ${place.id}`;
    if (name === this.place && (this.started || place === null)) return;
    if (name !== this.place) this.leave(name);
    if (place && !this.opening && performance.now() >= this.askAfter) void this.enter(place, name);
  }

  /** Puts the cursor where one writes. */
  focus(): void {
    if (!this.started) return;
    if (!this.open) this.toggle();
    this.started.focus();
  }

  get there(): boolean {
    return this.started !== null;
  }

  private leave(name: string): void {
    this.place = name;
    this.askAfter = 0;
    this.started?.close();
    this.started = null;
    this.show();
  }

  private async enter(place: NonNullable<Place>, name: string): Promise<void> {
    this.opening = true;
    try {
      const track = place.kind === 'live' ? null : await indexOf(place.folder());
      if (place.kind === 'recording' && !track) {
        this.askAfter = Infinity;
        return;
      }
      const { startChat } = await import('./startchat');
      if (name !== this.place) return;
      const folder = place.kind === 'live' ? this.folder : place.folder;
      this.started = startChat({ root: aside, room: this.room, picture: this.picture, folder, track, onClose: () => this.toggle(), onNews: () => button.classList.add('news') });
      this.show();
    } catch {
      this.askAfter = performance.now() + ASK_AGAIN;
    } finally {
      this.opening = false;
    }
  }

  private toggle(): void {
    this.open = !this.open;
    remember('open', this.open);
    this.show();
    if (!this.open) button.focus();
  }

  private show(): void {
    const there = this.started !== null;
    button.hidden = !there;
    button.setAttribute('aria-expanded', String(there && this.open));
    aside.hidden = !there || !this.open;
    if (!aside.hidden) button.classList.remove('news');
  }
}

/** The whole index of a recording's chat; null if it has none. */
async function indexOf(folder: string): Promise<TrackIndex | null> {
  const response = await fetch(`${folder}chat/index.json`, { signal: AbortSignal.timeout(8000) });
  if (response.ok) return parseIndex(await response.json());
  if (response.status === 404 || response.status === 410) return null;
  throw new Error(`status ${response.status}`);
}
