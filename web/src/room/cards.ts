import type { ChatClient } from '../chat/client';
import type { Message } from '../chat/types';
import { perform } from '../moderation/perform';
import { announce } from '../ui/announce';
import { element, setLanguage } from '../ui/dom';
import { roomIcon, type RoomIcon } from './icons';
import { richText } from './richtext';

/** Milliseconds that an announcement is shown over the list; it stays in the list. */
const ANNOUNCED = 30_000;

/** What a host or moderator wants everybody to see: one card for what is pinned, one for an announcement. */
export class Cards {
  readonly root = element('div', 'room-cards');
  private readonly pinned = element('div');
  private readonly announced = element('div');
  private shownPin = '';
  /** Pins that they have put away; another pin shows again. */
  private readonly hidden = new Set<string>();
  private timer = 0;

  constructor(private readonly client: ChatClient) {
    this.root.append(this.announced, this.pinned);
  }

  update(): void {
    const { client } = this;
    const message = client.settings.pinned;
    const id = message && !this.hidden.has(message.id) ? message.id : '';
    const key = `${id}|${client.rights.moderate}|${message?.text}`;
    if (key === this.shownPin) return;
    this.shownPin = key;
    if (!id || !message) return this.pinned.replaceChildren();
    const close = () => {
      this.hidden.add(message.id);
      this.update();
    };
    const card = this.card('pin', 'Pinned', message, close);
    if (client.rights.moderate) {
      const unpin = element('button', 'room-link', 'Unpin');
      unpin.type = 'button';
      unpin.addEventListener('click', () => void perform(client, { act: 'unpin' }));
      card.querySelector('.room-card-head')?.append(unpin);
    }
    this.pinned.replaceChildren(card);
  }

  showAnnouncement(message: Message): void {
    // Announcements in the history are not announced again.
    if ((this.client.date() ?? Date.now()) - message.at > ANNOUNCED) return;
    announce(`Announcement by ${message.user.name}: ${message.text}`);
    clearTimeout(this.timer);
    const close = () => this.announced.replaceChildren();
    this.announced.replaceChildren(this.card('megaphone', 'Announcement', message, close));
    this.timer = window.setTimeout(close, ANNOUNCED);
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private card(picture: RoomIcon, label: string, message: Message, close: () => void): HTMLElement {
    const card = element('section', `room-card ${picture}`);
    card.setAttribute('aria-label', label);
    const head = element('p', 'room-card-head');
    const name = element('bdi', '', message.user.name);
    head.append(roomIcon(picture), `${label} by `, name);
    const text = element('p', 'room-card-text');
    setLanguage(text, message.text);
    text.append(richText(message.text, this.client));
    const more = moreButton(card, text);
    const button = element('button', 'room-card-close');
    button.type = 'button';
    button.setAttribute('aria-label', `Hide: ${label.toLowerCase()}`);
    button.append(roomIcon('close'));
    button.addEventListener('click', close);
    card.append(head, text, more, button);
    return card;
  }
}

/** Opens a text of more lines than there is room for, and closes it; hidden when all is shown. */
function moreButton(card: HTMLElement, text: HTMLElement): HTMLElement {
  const button = element('button', 'room-link room-card-more', 'Show all');
  button.type = 'button';
  button.hidden = true;
  button.setAttribute('aria-expanded', 'false');
  button.addEventListener('click', () => {
    const open = card.classList.toggle('open');
    button.textContent = open ? 'Show less' : 'Show all';
    button.setAttribute('aria-expanded', String(open));
  });
  const measure = () => {
    if (!card.classList.contains('open')) button.hidden = text.scrollHeight <= text.clientHeight + 1;
  };
  new ResizeObserver(measure).observe(text);
  return button;
}
