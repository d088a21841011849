import { announce } from '../ui/announce';
import { icon, setText } from '../ui/dom';
import { showToast } from '../ui/toast';
import { MessageAnnouncer } from './announcer';
import type { ChatClient, ChatState } from './client';
import { Composer } from './composer';
import { Footer } from './footer';
import { shortCount } from './format';
import { MessageList } from './messagelist';
import { RowMenu, type MessageMenu } from './messagemenu';
import { element, markRemoved, messageRow, pendingRow, type RowContext } from './messagerow';
import type { Refusal } from './refusal';
import { Sender } from './sender';
import { storedChoice, storeChoice } from './settings';
import type { Change } from './timeline';
import type { Message, RoomStats, User } from './types';

export type { MessageAction, MessageMenu } from './messagemenu';

/** Draws the emote :name:; null if there is none of that name. */
export type EmoteRenderer = (name: string) => Node | null;

const TICK = 100;
/** Milliseconds after which the viewer is told that messages wait. */
const WAITING_NOTICE_DELAY = 5000;
/** Names that are known for mentions. */
const KNOWN_PEOPLE = 500;

/** The chat panel. */
export class Panel {
  /** Above the list: what is pinned, the poll. */
  readonly top = element('div', 'chat-top');
  /** Beside the composer's field: buttons. */
  readonly tools: HTMLElement;

  private readonly head = element('header', 'chat-head');
  private readonly stats = element('span', 'chat-figures');
  private readonly mode = element('button', 'chat-mode');
  private readonly banner = element('p', 'chat-banner');
  private readonly list: MessageList;
  private readonly composer: Composer;
  private readonly sender: Sender;
  private readonly footer: Footer;
  private readonly menu: RowMenu;
  private readonly announcer = new MessageAnnouncer(announce);
  private readonly people = new Map<string, User>();
  private readonly unsubscribers: (() => void)[] = [];
  private readonly timer: number;
  private emoteRenderer: EmoteRenderer | null = null;
  /** When messages were last not stuck behind a picture that does not come. */
  private waitingSince = performance.now();

  constructor(
    readonly root: HTMLElement,
    readonly client: ChatClient,
    /** The viewer puts the chat away. */
    onClose: () => void,
    /** Something was written while it is away. */
    private readonly onNews: () => void,
  ) {
    this.list = new MessageList({ messages: () => client.blocked.without(client.timeline.shown), draw: (message) => messageRow(message, this.rowContext) });
    this.composer = new Composer({ send: (text, reply) => this.sendMessage(text, reply), people: (prefix) => this.findPeople(prefix) });
    this.tools = this.composer.tools;
    this.sender = new Sender(client, {
      changed: () => this.drawTail(this.rowContext),
      refused: (pending, refusal) => this.onRefused(pending.text, pending.reply, refusal),
      done: (words) => this.note(words),
    });
    this.footer = new Footer(client, this.composer);
    this.buildHead(onClose);
    this.banner.setAttribute('role', 'status');
    root.replaceChildren(this.head, this.top, this.banner, this.list.root, this.footer.root);
    const replay = client.state.kind === 'replay';
    this.menu = new RowMenu(root, this.list.scroller, (id) => client.timeline.shown.find((message) => message.id === id), replay ? null : (message) => this.reply(message));
    this.list.scroller.addEventListener('click', (event) => this.onClick(event));
    this.list.addEventListener('leave', () => this.composer.field.focus());
    this.unsubscribers.push(
      client.on('shown', (change) => this.onShown(change)),
      client.on('message', ({ user }) => this.rememberUser(user)),
      client.on('state', (state) => this.showState(state)),
      client.on('reactionTick', ({ stats }) => stats && this.showStats(stats)),
      client.on('me', () => this.list.refresh()),
      client.on('emotes', () => this.list.refresh()),
      client.on('blocked', () => this.list.redraw()),
      client.on('notice', (words) => showToast(words)),
    );
    this.timer = window.setInterval(() => this.tick(), TICK);
    this.showState(client.state);
    this.list.redraw();
  }

  close(): void {
    clearInterval(this.timer);
    this.sender.close();
    for (const end of this.unsubscribers) end();
    this.root.replaceChildren();
  }

  /** Adds to the menu of messages. */
  onMessageMenu(menu: MessageMenu): void {
    this.menu.menus.push(menu);
  }

  setEmoteRenderer(rendering: EmoteRenderer): void {
    this.emoteRenderer = rendering;
    this.list.refresh();
  }

  /** Types into the composer, where the cursor is. */
  insert(text: string): void {
    this.composer.insert(text);
  }

  /** A line for this viewer alone, such as what became of a command. */
  note(text: string): void {
    this.list.addNote(text);
    announce(text);
  }

  focus(): void {
    if (!this.footer.focus()) this.list.scroller.focus();
  }

  private get rowContext(): RowContext {
    const { client } = this;
    return { me: client.me, nameOf: (id) => this.people.get(id)?.name, emote: (name) => this.emote(name), isBlocked: (id) => client.blocked.has(id) };
  }

  private buildHead(onClose: () => void): void {
    const { head, stats, mode, client } = this;
    const title = element('h2', 'chat-title');
    title.textContent = client.state.kind === 'replay' ? 'Chat replay' : 'Chat';
    mode.type = 'button';
    client.inSync = client.state.kind === 'replay' || storedChoice('instep', true);
    mode.hidden = client.state.kind === 'replay';
    mode.addEventListener('click', () => {
      client.inSync = !client.inSync;
      storeChoice('instep', client.inSync);
      this.showMode();
      showToast(client.inSync ? 'Messages appear in time with your picture' : 'Messages appear at once, perhaps before your picture shows why');
    });
    this.showMode();
    const close = element('button', 'chat-close');
    close.type = 'button';
    close.title = 'Hide the chat';
    close.setAttribute('aria-label', 'Hide the chat');
    close.append(icon('close'));
    close.addEventListener('click', onClose);
    head.append(title, stats, mode, close);
  }

  private showMode(): void {
    const { mode, client } = this;
    mode.setAttribute('aria-pressed', String(client.inSync));
    mode.title = client.inSync ? 'In time with your picture: nobody is spoiled' : 'At once, whatever your picture shows';
    mode.replaceChildren(icon(client.inSync ? 'instep' : 'bolt'), client.inSync ? 'In sync' : 'Live');
    mode.setAttribute('aria-label', 'In sync with the picture');
  }

  private tick(): void {
    const now = performance.now();
    this.client.tick();
    this.announcer.tick(now);
    if (!this.client.waitsForPicture) this.waitingSince = now;
    this.showBanner();
  }

  private onShown(change: Change): void {
    const { list, client } = this;
    if (change.kind === 'rebuilt') return list.redraw();
    if (change.kind === 'removed') return this.onRemoved(change.ids);
    const messages = client.blocked.without(change.messages);
    if (messages.length === 0) return;
    list.onMessagesAdded(messages.length);
    // The viewer's own message replaces its pending copy: draw it now, or both are missing for a moment.
    if (messages.some(({ user }) => user.id === client.me?.id)) list.flush();
    if (this.root.hidden) this.onNews();
    const others = messages.filter(({ user }) => user.id !== client.me?.id);
    this.announcer.addLines(others.map(({ user, text }) => ({ name: user.name, text })));
  }

  /** Moderators see that something was there, until the list is drawn anew. */
  private onRemoved(ids: Set<string>): void {
    const { list, client } = this;
    if (client.rights.moderate) for (const row of list.rowsOf(ids)) markRemoved(row);
    else list.remove(ids);
    client.timeline.removeShown(ids);
  }

  private drawTail(context: RowContext): void {
    const { sender, list } = this;
    list.setTail(sender.outbox.items.map((pending) => pendingRow(pending, context, () => sender.sendAgain(pending), () => sender.discard(pending))));
    if (list.atEnd) list.scroller.scrollTop = 0;
  }

  private onRefused(text: string, reply: Message | undefined, refusal: Refusal): void {
    if (this.composer.restoreRefused(text, reply, refusal)) return;
    // Something else is being written: what was refused keeps its place, and can be sent again.
    const { outbox } = this.sender;
    const pending = outbox.add(text, this.client.date() ?? 0, reply, performance.now());
    pending.state = 'failed';
    pending.reason = refusal.message;
  }

  private sendMessage(text: string, reply: Message | undefined): boolean {
    if (!this.sender.sendMessage(text, reply)) return false;
    if (!this.list.atEnd) this.list.toEnd();
    return true;
  }

  private reply(message: Message): void {
    if (!this.client.mayWrite || !this.client.me?.name) return this.focus();
    this.composer.setReply(message);
  }

  private onClick({ target }: Event): void {
    const jump = (target as Element).closest<HTMLElement>('[data-jump]');
    if (jump && !this.list.scrollToMessage(jump.dataset.jump ?? '')) showToast('That message is not kept here any more');
  }

  private emote(name: string): Node | null {
    if (this.emoteRenderer) return this.emoteRenderer(name);
    const url = this.client.emotes[name];
    if (!url) return null;
    const image = element('img', 'chat-emote');
    image.src = url;
    image.alt = `:${name}:`;
    image.title = name;
    image.loading = 'lazy';
    return image;
  }

  private rememberUser(user: User): void {
    this.people.delete(user.id);
    this.people.set(user.id, user);
    if (this.people.size > KNOWN_PEOPLE) this.people.delete(this.people.keys().next().value as string);
  }

  /** Users who wrote lately, from the server; without an answer those seen on this page. */
  private async findPeople(prefix: string): Promise<User[]> {
    try {
      const { users } = await this.client.rpc<{ users?: User[] }>('users', { room: this.client.room, prefix });
      if (Array.isArray(users)) return users;
    } catch {
      // Then those from here.
    }
    const wanted = prefix.normalize('NFKC').toLowerCase();
    return [...this.people.values()].reverse().filter(({ name }) => name.normalize('NFKC').toLowerCase().startsWith(wanted));
  }

  private showState({ kind }: ChatState): void {
    this.root.dataset.state = kind;
    this.showBanner();
    this.drawTail(this.rowContext);
  }

  private showBanner(): void {
    const stuck = performance.now() - this.waitingSince > WAITING_NOTICE_DELAY;
    const words = this.client.state.kind === 'reconnecting' ? 'Reconnecting…' : stuck ? 'New messages wait for the picture.' : '';
    this.banner.hidden = words === '';
    setText(this.banner, words);
  }

  private showStats({ viewers, rate }: RoomStats): void {
    // Not all viewers have the chat open: the page's number of viewers is another one.
    const parts = [`${shortCount(viewers)} in chat`];
    if (rate >= 1) parts.push(`${shortCount(rate)}/s`);
    setText(this.stats, parts.join(' · '));
  }
}
