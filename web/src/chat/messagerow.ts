import { icon, setLanguage } from '../ui/dom';
import { isFewEmoji, splitText, equalNames, type TextContext } from './messagetext';
import { nameColorOf } from './namecolor';
import type { PendingMessage } from './outbox';
import type { Message, Quote, User } from './types';

/** What rows are drawn with: this viewer, known names, emotes, blocked authors. */
export interface RowContext {
  me: User | null;
  /** Names of users by their IDs, as far as they were seen. */
  nameOf: (id: string) => string | undefined;
  emote: (name: string) => Node | null;
  /** Authors whose text is hidden. */
  isBlocked: (id: string) => boolean;
}

const RTL = /^[^\p{L}]*[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
/** The server cuts longer ones. */
const LONGEST_QUOTE = 80;
const ROLES: Partial<Record<User['role'], [picture: string, name: string]>> = {
  host: ['host', 'Host'],
  moderator: ['shield', 'Moderator'],
  subscriber: ['star', 'Subscriber'],
};

/** A message's row; its buttons appear when it is pointed at. */
export function messageRow(message: Message, context: RowContext): HTMLElement {
  const row = element('div', 'chat-row');
  row.dataset.id = message.id;
  row.tabIndex = -1;
  const { me } = context;
  const toMe = me !== null && (message.mentions?.includes(me.id) || message.reply?.user === me.id);
  const own = me !== null && message.user.id === me.id;
  if (own) row.classList.add('own');
  if (message.announcement) row.classList.add('announcement');
  if (message.reply) row.append(quoteLine(withoutBlocked(message.reply, context)));
  const words = drawText(message.text, message.mentions ?? [], context);
  row.dir = words.rtl ? 'rtl' : 'ltr';
  if ((toMe || words.mentionsMe) && !own) row.classList.add('to-me');
  row.append(drawAuthor(message.user), ' ', words.element);
  return row;
}

/** A row of a pending message. */
export function pendingRow(pending: PendingMessage, context: RowContext, again: () => void, drop: () => void): HTMLElement {
  const { text, reply, state, reason } = pending;
  const row = element('div', `chat-row own pending ${state}`);
  row.dataset.nonce = pending.nonce;
  if (reply) row.append(quoteLine({ id: reply.id, user: reply.user.id, name: reply.user.name, text: reply.text }));
  if (context.me) row.append(drawAuthor(context.me), ' ');
  const words = drawText(text, [], context);
  row.dir = words.rtl ? 'rtl' : 'ltr';
  row.append(words.element);
  if (state === 'waiting') row.append(deliveryNote('Waiting for the connection'));
  if (state === 'failed') row.append(deliveryNote(reason ?? 'Not sent'), inlineButton('Send again', again), inlineButton('Delete', drop));
  return row;
}

/** Marks a deleted message's row, for moderators. */
export function markRemoved(row: HTMLElement): void {
  row.classList.add('removed');
  row.querySelector('.chat-quote')?.remove();
  row.querySelector('.chat-text')?.replaceChildren('Message removed');
}

/** A line for this viewer alone. */
export function noteRow(text: string): HTMLElement {
  const row = element('div', 'chat-row chat-note-row');
  row.textContent = text;
  return row;
}

function drawAuthor(user: User): HTMLElement {
  const who = element('span', 'chat-who');
  const role = ROLES[user.role];
  if (role) {
    const badge = element('span', `chat-badge ${user.role}`);
    badge.title = role[1];
    badge.append(icon(role[0]), hidden(`${role[1]} `));
    who.append(badge);
  }
  const name = document.createElement('bdi');
  name.className = 'chat-name';
  name.textContent = user.name || 'Guest';
  const { hue, chroma } = nameColorOf(user);
  name.style.setProperty('--hue', hue.toFixed(0));
  name.style.setProperty('--chroma', chroma.toFixed(3));
  who.append(name);
  if (user.bot) {
    const bot = element('span', 'chat-bot');
    bot.textContent = 'Bot';
    who.append(bot);
  }
  return who;
}

function drawText(text: string, mentions: readonly string[], { me, nameOf, emote }: RowContext): { element: HTMLElement; mentionsMe: boolean; rtl: boolean } {
  const span = element('span', 'chat-text');
  const rtl = RTL.test(text);
  span.dir = rtl ? 'rtl' : 'ltr';
  setLanguage(span, text);
  if (isFewEmoji(text)) span.classList.add('jumbo');
  const drawn = new Map<string, Node>();
  const names = mentions.map(nameOf).filter((name) => name !== undefined);
  const reader: TextContext = {
    me: me?.name ?? '',
    names,
    isEmote: (name) => {
      const node = drawn.get(name) ?? emote(name);
      if (node) drawn.set(name, node);
      return node !== null;
    },
  };
  let mentionsMe = false;
  for (const piece of splitText(text, reader)) {
    if (piece.kind === 'text') span.append(piece.text);
    else if (piece.kind === 'link') span.append(linkTo(piece));
    else if (piece.kind === 'emote') span.append((drawn.get(piece.name) as Node).cloneNode(true));
    else {
      const mention = document.createElement('bdi');
      mention.className = piece.own || equalNames(piece.text.slice(1), reader.me) ? 'chat-mention own' : 'chat-mention';
      mention.textContent = piece.text;
      mentionsMe ||= piece.own;
      span.append(mention);
    }
  }
  return { element: span, mentionsMe, rtl };
}

function linkTo({ href, host, path }: { href: string; host: string; path: string }): HTMLElement {
  const link = document.createElement('a');
  link.className = 'chat-link';
  link.href = href;
  link.target = '_blank';
  link.rel = 'noopener noreferrer nofollow ugc';
  link.dir = 'ltr';
  link.title = href;
  const domain = document.createElement('b');
  domain.textContent = host;
  link.append(domain, path);
  return link;
}

/** Hides the text of a quote by a blocked author. */
function withoutBlocked(quote: Quote, { isBlocked }: RowContext): Quote {
  return isBlocked(quote.user) ? { ...quote, name: 'Somebody you have blocked', text: '' } : quote;
}

function quoteLine(quote: Quote): HTMLElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'chat-quote';
  button.dataset.jump = quote.id;
  button.tabIndex = -1;
  const name = document.createElement('bdi');
  name.textContent = quote.name || 'Guest';
  const text = document.createElement('bdi');
  text.className = 'chat-quote-text';
  text.textContent = [...quote.text].length < LONGEST_QUOTE ? quote.text : `${quote.text}…`;
  button.append(icon('reply'), hidden('In reply to '), name, text);
  return button;
}

function deliveryNote(text: string): HTMLElement {
  const span = element('span', 'chat-fate');
  span.textContent = text;
  return span;
}

function inlineButton(label: string, run: () => void): HTMLElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'chat-inline';
  button.textContent = label;
  button.addEventListener('click', run);
  return button;
}

function hidden(text: string): HTMLElement {
  const span = element('span', 'visually-hidden');
  span.textContent = text;
  return span;
}

export function element<K extends keyof HTMLElementTagNameMap>(tag: K, className: string): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = className;
  return made;
}
