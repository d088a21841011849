import { ticketOf } from '../net/playbacktoken';
import { Blocked } from './blocked';
import { Connection, type Receiver, type Welcome } from './connection';
import { Emitter } from './emitter.js';
import { askForToken, Identity, onToken } from './identity';
import { Follower } from './objectfollower';
import type { TrackIndex } from './objectindex';
import { keepStep, type Picture } from './picturesync';
import { Lost } from './refusal';
import { Replay } from './replay';
import { Timeline, type Change } from './timeline';
import { isMessage, moderates, type Draft, type Item, type Message, type Pulse, type Rights, type Room, type RoomEvent, type User } from './types';

export type ChatState =
  | { kind: 'connecting' }
  | { kind: 'on' }
  /** The connection was lost; it is tried again. */
  | { kind: 'reconnecting' }
  /** Followed by the room's objects instead: nothing can be written. */
  | { kind: 'reading' }
  /** A recording's chat, in step with the picture. */
  | { kind: 'replay' }
  | { kind: 'banned'; reason: string }
  | { kind: 'signin'; reason: string }
  /** For good: no such room, or a server that wants none of this. */
  | { kind: 'over'; reason: string };

export interface ClientEvents {
  /** As it arrives; the panel shows it when its time has come. */
  message: Message;
  /** Live: deletions and settings at once, a wave when the picture is there. In a recording each when the picture is there. */
  event: RoomEvent;
  pulse: Pulse;
  state: ChatState;
  /** The room's settings, or what one may do, have changed. */
  room: Room;
  me: User | null;
  emotes: Record<string, string>;
  /** Something the viewer should know now. */
  notice: string;
  /** What is shown has changed. */
  shown: Change;
  /** Somebody was blocked, or no longer is. */
  blocked: null;
}

/** A room as the page sees it, whatever brings it here. */
export class ChatClient extends Emitter<ClientEvents> {
  state: ChatState = { kind: 'connecting' };
  /** Null until the server has said who one is. A guest without a name has the name "". */
  me: User | null = null;
  you: Rights = { write: false, moderate: false };
  /** What guests may do here. */
  guests: 'read' | 'write' | 'off' = 'read';
  /** One can sign in with a name and a password. */
  login = false;
  settings: Room = { type: 'room', revision: 0, sent: 0 };
  /** Addresses of pictures by name. */
  emotes: Record<string, string> = {};
  /** Messages are shown when the picture is where their authors' was. */
  inStep = true;
  readonly timeline: Timeline;
  readonly blocked = new Blocked(() => localStorage, () => this.emit('blocked', null));
  readonly identity: Identity;

  private connection: Connection | null = null;
  private readonly follower: Follower;
  private replay: Replay | null = null;
  private everOn = false;
  private readonly ends: (() => void)[] = [];

  constructor(
    readonly room: string,
    private readonly picture: () => Picture,
    /** Folder of the room's objects; ends with a slash. */
    private readonly folder: () => string,
  ) {
    super();
    this.identity = new Identity(room);
    this.timeline = new Timeline((change) => this.emit('shown', change), (event) => this.due(event));
    this.follower = new Follower(folder, (items) => this.receive(items));
    this.ends.push(onToken((token) => this.signIn(token)));
  }

  /** Program date time of the picture in Unix milliseconds; null without one. */
  date(): number | null {
    return this.picture().date;
  }

  connect(): void {
    this.connection = new Connection(this.room, this.identity, () => ticketOf(this.folder()), this.receiver());
    void this.connection.start();
  }

  /** Plays the chat of a recording instead. */
  play(index: TrackIndex): void {
    this.enter({ kind: 'replay' });
    this.replay = new Replay(this.folder, index, {
      items: (items) => this.receive(items),
      reset: (items, date) => {
        this.forget(items);
        this.timeline.reset(items.filter((item) => isMessage(item) || item.type !== 'delete'), date);
      },
    });
  }

  close(): void {
    this.connection?.stop();
    this.follower.stop();
    this.replay?.stop();
    for (const end of this.ends) end();
  }

  /** Another token: who one is changes. */
  signIn(token: string): void {
    this.identity.use(token);
    this.connection?.stop();
    this.enter({ kind: 'connecting' });
    this.connect();
  }

  /** Signs in with a name and a password; throws with the server's words. */
  async logIn(name: string, password: string): Promise<void> {
    const response = await fetch('/chat/session', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name, password }) });
    const answer = (await response.json().catch(() => ({}))) as { token?: string };
    if (response.status === 429) throw new Error('Too many tries. Wait a little.');
    if (!response.ok || typeof answer.token !== 'string') throw new Error(response.status < 500 ? 'Name or password is wrong.' : 'Signing in does not work just now.');
    this.signIn(answer.token);
  }

  /** A guest takes a name; rejects with a Refusal. */
  async takeName(name: string): Promise<void> {
    const { user, guest } = await this.rpc<{ user: User; guest?: string }>('name', { name });
    this.identity.keepGuest(user.name, guest ?? '');
    this.become(user);
  }

  /** Rejects with a Refusal, or with Lost when nobody can tell whether it arrived. */
  publish(draft: Draft): Promise<void> {
    return this.connection && this.state.kind === 'on' ? this.connection.publish(draft) : Promise.reject(new Lost('not connected'));
  }

  /** The same for what else the server can be asked. */
  rpc<T = unknown>(method: string, data: unknown): Promise<T> {
    return this.connection && this.state.kind === 'on' ? this.connection.rpc<T>(method, data) : Promise.reject(new Lost('not connected'));
  }

  /** Whether this viewer could write now, were they to try. */
  get mayWrite(): boolean {
    const { me, you, settings } = this;
    if (!you.write && !(this.guests === 'write' && me?.role === 'guest')) return false;
    if (settings.closed && !moderates(me)) return false;
    return !(settings.members && (me === null || me.role === 'guest'));
  }

  /** To be called several times per second. */
  tick(): void {
    const { timeline } = this;
    const picture = this.picture();
    if (this.replay) {
      if (picture.date === null) return;
      this.replay.tick(picture.date, performance.now());
      timeline.follow(picture.date);
      return;
    }
    keepStep(timeline, picture, this.inStep);
    if (!timeline.overflowed || timeline.waits) return;
    // Back at the front after a long time behind: the newest of what did not fit is asked for.
    timeline.overflowed = false;
    void this.connection?.recent().then((items) => this.receive(items));
  }

  /** Messages wait for a picture that does not come. */
  get stuck(): boolean {
    const { date, coming } = this.picture();
    return this.inStep && date === null && coming && this.timeline.waits;
  }

  private receiver(): Receiver {
    return {
      welcomed: (welcome) => this.welcomed(welcome),
      joined: ({ room, emotes, you }) => {
        if (room) this.settings = room;
        if (you) this.you = you;
        this.take(emotes ?? {});
        this.emit('room', this.settings);
      },
      items: (items) => this.receive(items),
      pulse: (pulse) => this.emit('pulse', pulse),
      ready: () => {
        this.everOn = true;
        this.follower.stop();
        this.enter({ kind: 'on' });
      },
      lost: () => {
        if (!this.follower.running) this.enter({ kind: this.everOn ? 'reconnecting' : 'connecting' });
      },
      unreachable: () => {
        this.follower.start();
        this.enter({ kind: 'reading' });
      },
      closed: (why, reason) => {
        this.follower.stop();
        if (why === 'signin' && this.identity.token) return this.signOut();
        this.enter({ kind: why, reason });
      },
    };
  }

  private welcomed({ user, guest, guests, login, write }: Welcome): void {
    this.guests = guests ?? 'read';
    this.login = login === true;
    this.you = { ...this.you, write };
    if (guest) this.identity.keepGuest(user?.name ?? '', guest);
    this.become(user ?? null);
  }

  /** The token holds no more. Who only reads may go on as a guest. */
  private signOut(): void {
    this.identity.use('');
    askForToken(this.room);
    this.emit('notice', 'You are not signed in any more');
    this.connect();
  }

  private take(emotes: Record<string, string>): void {
    if (JSON.stringify(emotes) === JSON.stringify(this.emotes)) return;
    this.emotes = emotes;
    this.emit('emotes', emotes);
  }

  private become(user: User | null): void {
    this.me = user;
    this.emit('me', user);
  }

  private enter(state: ChatState): void {
    if (this.state.kind === state.kind) return;
    this.state = state;
    this.emit('state', state);
  }

  /** Whatever arrived, by whichever way. */
  private receive(items: readonly Item[]): void {
    const later: Item[] = [];
    for (const item of items) {
      if (isMessage(item)) {
        if (this.timeline.has(item.id)) continue;
        this.emit('message', item);
        later.push(item);
      } else if (item.type === 'wave' || (item.type === 'room' && this.replay)) later.push(item);
      else if (item.type === 'room') this.due(item);
    }
    this.timeline.add(later, this.replay ? '' : this.me?.id);
    // After what they take away, which may have come with them.
    this.forget(items);
  }

  private forget(items: readonly Item[]): void {
    for (const item of items) {
      if (isMessage(item) || item.type !== 'delete') continue;
      this.timeline.delete(item);
      this.emit('event', item);
    }
  }

  /** An event's time has come. */
  private due(event: RoomEvent): void {
    if (event.type === 'room') {
      if (!this.replay && event.revision < this.settings.revision) return;
      this.settings = event;
      this.emit('room', event);
    }
    this.emit('event', event);
  }
}
