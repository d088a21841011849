import { announce } from '../ui/announce';
import { icon, setText } from '../ui/dom';
import { showToast } from '../ui/toast';
import { Speaker } from './announcer';
import type { ChatClient, ChatState } from './client';
import { Composer } from './composer';
import { FootArea } from './footer';
import { short } from './format';
import { List } from './messagelist';
import { RowMenu, type MessageMenu } from './messagemenu';
import { element, markRemoved, messageRow, pendingRow, type Drawing } from './messagerow';
import type { Refusal } from './refusal';
import { Sender } from './sender';
import { remembered, remember } from './settings';
import type { Change } from './timeline';
import type { Message, Stats, User } from './types';

export type { MessageAction, MessageMenu } from './messagemenu';

/** Draws the emote :name:; null if there is none of that name. */
export type EmoteRendering = (name: string) => Node | null;

const TICK = 100;
/** Milliseconds after which the viewer is told that messages wait. */
const STUCK_PATIENCE = 5000;
/** Names that are known for mentions. */
const KNOWN_PEOPLE = 500;

/** The chat beside the picture. */
export class Panel {
  /** Above the list: what is pinned, the poll. */
  readonly top = element('div', 'chat-top');
  /** Beside the composer's field: buttons. */
  readonly tools: HTMLElement;

  private readonly head = element('header', 'chat-head');
  private readonly figures = element('span', 'chat-figures');
  private readonly mode = element('button', 'chat-mode');
  private readonly banner = element('p', 'chat-banner');
  private readonly list: List;
  private readonly composer: Composer;
  private readonly sender: Sender;
  private readonly foot: FootArea;
  private readonly menu: RowMenu;
  private readonly speaker = new Speaker(announce);
  private readonly people = new Map<string, User>();
  private readonly ends: (() => void)[] = [];
  private readonly timer: number;
  private rendering: EmoteRendering | null = null;
  /** When messages were last not stuck behind a picture that does not come. */
  private stuckSince = performance.now();

  constructor(
    readonly root: HTMLElement,
    readonly client: ChatClient,
    /** The viewer puts the chat away. */
    onClose: () => void,
    /** Something was written while it is away. */
    private readonly onNews: () => void,
  ) {
        this.list = new List({ messages: () => client.blocked.without(client.timeline.shown), draw: (message) => messageRow(message, this.drawing) });
    this.composer = new Composer({ send: (text, reply) => this.say(text, reply), people: (prefix) => this.findPeople(prefix) });
    this.tools = this.composer.tools;
    this.sender = new Sender(client, {
      changed: () => this.drawTail(this.drawing),
      refused: (pending, refusal) => this.refused(pending.text, pending.reply, refusal),
      done: (words) => this.note(words),
    });
    this.foot = new FootArea(client, this.composer);
    this.buildHead(onClose);
    this.banner.setAttribute('role', 'status');
    root.replaceChildren(this.head, this.top, this.banner, this.list.root, this.foot.root);
    const replay = client.state.kind === 'replay';
    this.menu = new RowMenu(root, this.list.scroller, (id) => client.timeline.shown.find((message) => message.id === id), replay ? null : (message) => this.reply(message));
    this.list.scroller.addEventListener('click', (event) => this.onClick(event));
    this.list.addEventListener('leave', () => this.composer.field.focus());
    this.ends.push(
      client.on('shown', (change) => this.onShown(change)),
      client.on('message', ({ user }) => this.know(user)),
      client.on('state', (state) => this.showState(state)),
      client.on('pulse', ({ stats }) => stats && this.showStats(stats)),
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
    for (const end of this.ends) end();
    this.root.replaceChildren();
  }

  /** Adds to the menu of messages. */
  onMessageMenu(menu: MessageMenu): void {
    this.menu.menus.push(menu);
  }

  setRendering(rendering: EmoteRendering): void {
    this.rendering = rendering;
    this.list.refresh();
  }

  /** Types into the composer, where the cursor is. */
  insert(text: string): void {
    this.composer.insert(text);
  }

  /** A line for this viewer alone, such as what became of a command. */
  note(text: string): void {
    this.list.note(text);
    announce(text);
  }

  focus(): void {
    if (!this.foot.focus()) this.list.scroller.focus();
  }

  private get drawing(): Drawing {
    const { client } = this;
    return { me: client.me, nameOf: (id) => this.people.get(id)?.name, emote: (name) => this.emote(name), isBlocked: (id) => client.blocked.has(id) };
  }

  private buildHead(onClose: () => void): void {
    const { head, figures, mode, client } = this;
    const title = element('h2', 'chat-title');
    title.textContent = client.state.kind === 'replay' ? 'Chat replay' : 'Chat';
    mode.type = 'button';
    client.inStep = client.state.kind === 'replay' || remembered('instep', true);
    mode.hidden = client.state.kind === 'replay';
    mode.addEventListener('click', () => {
      client.inStep = !client.inStep;
      remember('instep', client.inStep);
      this.showMode();
      showToast(client.inStep ? 'Messages appear in time with your picture' : 'Messages appear at once, perhaps before your picture shows why');
    });
    this.showMode();
    const close = element('button', 'chat-close');
    close.type = 'button';
    close.title = 'Hide the chat';
    close.setAttribute('aria-label', 'Hide the chat');
    close.append(icon('close'));
    close.addEventListener('click', onClose);
    head.append(title, figures, mode, close);
  }

  private showMode(): void {
    const { mode, client } = this;
    mode.setAttribute('aria-pressed', String(client.inStep));
    mode.title = client.inStep ? 'In time with your picture: nobody is spoiled' : 'At once, whatever your picture shows';
    mode.replaceChildren(icon(client.inStep ? 'instep' : 'bolt'), client.inStep ? 'In sync' : 'Live');
    mode.setAttribute('aria-label', 'In sync with the picture');
  }

  private tick(): void {
    const now = performance.now();
    this.client.tick();
    this.speaker.tick(now);
    if (!this.client.stuck) this.stuckSince = now;
    this.showBanner();
  }

  private onShown(change: Change): void {
    const { list, client } = this;
    if (change.kind === 'rebuilt') return list.redraw();
    if (change.kind === 'removed') return this.removed(change.ids);
    const messages = client.blocked.without(change.messages);
    if (messages.length === 0) return;
    list.added(messages.length);
    // One's own takes the place of its copy that was on its way: at once, or both are gone for a moment.
    if (messages.some(({ user }) => user.id === client.me?.id)) list.flush();
    if (this.root.hidden) this.onNews();
    const others = messages.filter(({ user }) => user.id !== client.me?.id);
    this.speaker.heard(others.map(({ user, text }) => ({ name: user.name, text })));
  }

  /** Moderators see that something was there, until the list is drawn anew. */
  private removed(ids: Set<string>): void {
    const { list, client } = this;
    if (client.you.moderate) for (const row of list.rowsOf(ids)) markRemoved(row);
    else list.remove(ids);
    client.timeline.drop(ids);
  }

  private drawTail(drawing: Drawing): void {
    const { sender, list } = this;
    list.setTail(sender.outbox.items.map((pending) => pendingRow(pending, drawing, () => sender.again(pending), () => sender.drop(pending))));
    if (list.atEnd) list.scroller.scrollTop = 0;
  }

  private refused(text: string, reply: Message | undefined, refusal: Refusal): void {
    if (this.composer.refuse(text, reply, refusal)) return;
    // Something else is being written: what was refused keeps its place, and can be sent again.
    const { outbox } = this.sender;
    const pending = outbox.add(text, this.client.date() ?? 0, reply, performance.now());
    pending.fate = 'failed';
    pending.reason = refusal.message;
  }

  private say(text: string, reply: Message | undefined): boolean {
    if (!this.sender.say(text, reply)) return false;
    if (!this.list.atEnd) this.list.toEnd();
    return true;
  }

  private reply(message: Message): void {
    if (!this.client.mayWrite || !this.client.me?.name) return this.focus();
    this.composer.answer(message);
  }

  private onClick({ target }: Event): void {
    const jump = (target as Element).closest<HTMLElement>('[data-jump]');
    if (jump && !this.list.jump(jump.dataset.jump ?? '')) showToast('That message is not kept here any more');
  }

  private emote(name: string): Node | null {
    if (this.rendering) return this.rendering(name);
    const url = this.client.emotes[name];
    if (!url) return null;
    const image = element('img', 'chat-emote');
    image.src = url;
    image.alt = `:${name}:`;
    image.title = name;
    image.loading = 'lazy';
    return image;
  }

  private know(user: User): void {
    this.people.delete(user.id);
    this.people.set(user.id, user);
    if (this.people.size > KNOWN_PEOPLE) this.people.delete(this.people.keys().next().value as string);
  }

  /** The server knows who wrote lately; without it, those that were seen here. */
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
    this.drawTail(this.drawing);
  }

  private showBanner(): void {
    const stuck = performance.now() - this.stuckSince > STUCK_PATIENCE;
    const words = this.client.state.kind === 'reconnecting' ? 'Reconnecting…' : stuck ? 'New messages wait for the picture.' : '';
    this.banner.hidden = words === '';
    setText(this.banner, words);
  }

  private showStats({ viewers, rate }: Stats): void {
    // Of those who watch, some have no chat open: the page's number of viewers is another.
    const parts = [`${short(viewers)} in chat`];
    if (rate >= 1) parts.push(`${short(rate)}/s`);
    setText(this.figures, parts.join(' · '));
  }
}
