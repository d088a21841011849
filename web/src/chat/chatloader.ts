import { byId } from '../ui/dom';
import { watchWriting } from './keyboard';
import { parseIndex, type ObjectIndex } from './objectindex';
import type { PictureTime } from './picturesync';
import { storeChoice, storedChoice } from './settings';
import type { StartedChat } from './startchat';

const aside = byId('chat');
const button = byId<HTMLButtonElement>('chat-toggle');
const RETRY_DELAY = 30_000;

/** The chat to show: none, the live room, or a recording's. */
export type ChatPlace = { kind: 'live' } | { kind: 'recording'; id: string; folder: () => string } | null;

/** Loads the chat when the page has one, and shows and hides it. Nothing is loaded before. */
export class ChatLoader {
  private started: StartedChat | null = null;
  private placeName = '';
  private opening = false;
  private retryAfter = 0;
  private open = storedChoice('open', true);

  constructor(
    private readonly room: string,
    private readonly picture: () => PictureTime,
    private readonly folder: () => string,
  ) {
    button.addEventListener('click', () => this.toggle());
    watchWriting(aside);
  }

  /** To be called several times a second with the chat to show. */
  update(place: ChatPlace): void {
    const name = place === null ? '' : place.kind === 'live' ? 'live' : `recording ${place.id}`;
    if (name === this.placeName && (this.started || place === null)) return;
    if (name !== this.placeName) this.setPlace(name);
    if (place && !this.opening && performance.now() >= this.retryAfter) void this.loadChat(place, name);
  }

  /** Puts the cursor where one writes. */
  focus(): void {
    if (!this.started) return;
    if (!this.open) this.toggle();
    this.started.focus();
  }

  get isOpenable(): boolean {
    return this.started !== null;
  }

  private setPlace(name: string): void {
    this.placeName = name;
    this.retryAfter = 0;
    this.started?.close();
    this.started = null;
    this.updateVisibility();
  }

  private async loadChat(place: NonNullable<ChatPlace>, name: string): Promise<void> {
    this.opening = true;
    try {
      const track = place.kind === 'live' ? null : await loadWholeIndex(place.folder());
      if (place.kind === 'recording' && !track) {
        this.retryAfter = Infinity;
        return;
      }
      const { startChat } = await import('./startchat');
      if (name !== this.placeName) return;
      const folder = place.kind === 'live' ? this.folder : place.folder;
      this.started = startChat({ root: aside, room: this.room, picture: this.picture, folder, track, onClose: () => this.toggle(), onNews: () => button.classList.add('news') });
      this.updateVisibility();
    } catch {
      this.retryAfter = performance.now() + RETRY_DELAY;
    } finally {
      this.opening = false;
    }
  }

  private toggle(): void {
    this.open = !this.open;
    storeChoice('open', this.open);
    this.updateVisibility();
    if (!this.open) button.focus();
  }

  private updateVisibility(): void {
    const there = this.started !== null;
    button.hidden = !there;
    button.setAttribute('aria-expanded', String(there && this.open));
    aside.hidden = !there || !this.open;
    if (!aside.hidden) button.classList.remove('news');
  }
}

/** The whole index of a recording's chat; null if it has none. */
async function loadWholeIndex(folder: string): Promise<ObjectIndex | null> {
  const response = await fetch(`${folder}chat/index.json`, { signal: AbortSignal.timeout(8000) });
  if (response.ok) return parseIndex(await response.json());
  if (response.status === 404 || response.status === 410) return null;
  throw new Error(`status ${response.status}`);
}
