import { tokenOf } from '../net/playbacktoken';
import { BlockList } from './blocked';
import { Connection, type Receiver, type Welcome } from './connection';
import { Emitter } from './emitter.js';
import { askForToken, Identity, onToken } from './identity';
import { ObjectFollower } from './objectfollower';
import type { ObjectIndex } from './objectindex';
import { syncToPicture, type PictureTime } from './picturesync';
import { NoAnswer } from './refusal';
import { Replay } from './replay';
import { Timeline, type Change } from './timeline';
import { isMessage, moderates, type Draft, type Item, type Message, type ReactionTick, type Rights, type RoomSettings, type RoomEvent, type User } from './types';

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
  reactionTick: ReactionTick;
  state: ChatState;
  /** The room's settings, or what one may do, have changed. */
  room: RoomSettings;
  me: User | null;
  emotes: Record<string, string>;
  /** Something the viewer should know now. */
  notice: string;
  /** What is shown has changed. */
  shown: Change;
  /** Somebody was blocked, or no longer is. */
  blocked: null;
}

/** A chat room, whatever transport its messages come by. */
export class ChatClient extends Emitter<ClientEvents> {
  state: ChatState = { kind: 'connecting' };
  /** This viewer; null before the server's answer. A guest without a name has the name "". */
  me: User | null = null;
  rights: Rights = { write: false, moderate: false };
  /** What guests may do here. */
  guests: 'read' | 'write' | 'off' = 'read';
  /** One can sign in with a name and a password. */
  login = false;
  settings: RoomSettings = { type: 'room', revision: 0, sent: 0 };
  /** Addresses of pictures by name. */
  emotes: Record<string, string> = {};
  /** Messages are shown when the picture is where their authors' was. */
  inSync = true;
  readonly timeline: Timeline;
  readonly blocked = new BlockList(() => localStorage, () => this.emit('blocked', null));
  readonly identity: Identity;

  private connection: Connection | null = null;
  private readonly follower: ObjectFollower;
  private replay: Replay | null = null;
  private wasConnected = false;
  private readonly unsubscribers: (() => void)[] = [];

  constructor(
    readonly room: string,
    private readonly picture: () => PictureTime,
    /** Folder of the room's objects; ends with a slash. */
    private readonly folder: () => string,
  ) {
    super();
    this.identity = new Identity(room);
    this.timeline = new Timeline((change) => this.emit('shown', change), (event) => this.applyEvent(event));
    this.follower = new ObjectFollower(folder, (items) => this.receive(items));
    this.unsubscribers.push(onToken((token) => this.signIn(token)));
  }

  /** Program date time of the picture in Unix milliseconds; null without one. */
  date(): number | null {
    return this.picture().date;
  }

  connect(): void {
    this.connection = new Connection(this.room, this.identity, () => tokenOf(this.folder()), this.receiver());
    void this.connection.start();
  }

  /** Plays the chat of a recording instead. */
  startReplay(index: ObjectIndex): void {
    this.setState({ kind: 'replay' });
    this.replay = new Replay(this.folder, index, {
      items: (items) => this.receive(items),
      reset: (items, date) => {
        this.applyDeletions(items);
        this.timeline.reset(items.filter((item) => isMessage(item) || item.type !== 'delete'), date);
      },
    });
  }

  close(): void {
    this.connection?.stop();
    this.follower.stop();
    this.replay?.stop();
    for (const end of this.unsubscribers) end();
  }

  /** Connects again with another token. */
  signIn(token: string): void {
    this.identity.use(token);
    this.connection?.stop();
    this.setState({ kind: 'connecting' });
    this.connect();
  }

  /** Signs in with a name and a password; throws an error with a message for the viewer. */
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
    this.setUser(user);
  }

  /** Rejects with a Refusal, or with NoAnswer when it is unknown whether it arrived. */
  publish(draft: Draft): Promise<void> {
    return this.connection && this.state.kind === 'on' ? this.connection.publish(draft) : Promise.reject(new NoAnswer('not connected'));
  }

  /** The same for what else the server can be asked. */
  rpc<T = unknown>(method: string, data: unknown): Promise<T> {
    return this.connection && this.state.kind === 'on' ? this.connection.rpc<T>(method, data) : Promise.reject(new NoAnswer('not connected'));
  }

  /** Whether the viewer may write now. */
  get mayWrite(): boolean {
    const { me, rights, settings } = this;
    if (!rights.write && !(this.guests === 'write' && me?.role === 'guest')) return false;
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
    syncToPicture(timeline, picture, this.inSync);
    if (!timeline.overflowed || timeline.hasWaiting) return;
    // Back at the live edge after a long time behind: load the newest of what was dropped.
    timeline.overflowed = false;
    void this.connection?.recent().then((items) => this.receive(items));
  }

  /** Messages wait for a picture that is late. */
  get waitsForPicture(): boolean {
    const { date, coming } = this.picture();
    return this.inSync && date === null && coming && this.timeline.hasWaiting;
  }

  private receiver(): Receiver {
    return {
      welcomed: (welcome) => this.welcomed(welcome),
      joined: ({ room, emotes, you }) => {
        if (room) this.settings = room;
        if (you) this.rights = you;
        this.setEmotes(emotes ?? {});
        this.emit('room', this.settings);
      },
      items: (items) => this.receive(items),
      reactionTick: (tick) => this.emit('reactionTick', tick),
      ready: () => {
        this.wasConnected = true;
        this.follower.stop();
        this.setState({ kind: 'on' });
      },
      lost: () => {
        if (!this.follower.running) this.setState({ kind: this.wasConnected ? 'reconnecting' : 'connecting' });
      },
      unreachable: () => {
        this.follower.start();
        this.setState({ kind: 'reading' });
      },
      closed: (why, reason) => {
        this.follower.stop();
        if (why === 'signin' && this.identity.token) return this.signOut();
        this.setState({ kind: why, reason });
      },
    };
  }

  private welcomed({ user, guest, guests, login, write }: Welcome): void {
    this.guests = guests ?? 'read';
    this.login = login === true;
    this.rights = { ...this.rights, write };
    if (guest) this.identity.keepGuest(user?.name ?? '', guest);
    this.setUser(user ?? null);
  }

  /** The token is not valid any more: connect again as a guest. */
  private signOut(): void {
    this.identity.use('');
    askForToken(this.room);
    this.emit('notice', 'You are not signed in any more');
    this.connect();
  }

  private setEmotes(emotes: Record<string, string>): void {
    if (JSON.stringify(emotes) === JSON.stringify(this.emotes)) return;
    this.emotes = emotes;
    this.emit('emotes', emotes);
  }

  private setUser(user: User | null): void {
    this.me = user;
    this.emit('me', user);
  }

  private setState(state: ChatState): void {
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
      else if (item.type === 'room') this.applyEvent(item);
    }
    this.timeline.add(later, this.replay ? '' : this.me?.id);
    // After what they take away, which may have come with them.
    this.applyDeletions(items);
  }

  private applyDeletions(items: readonly Item[]): void {
    for (const item of items) {
      if (isMessage(item) || item.type !== 'delete') continue;
      this.timeline.delete(item);
      this.emit('event', item);
    }
  }

  /** An event's time has come. */
  private applyEvent(event: RoomEvent): void {
    if (event.type === 'room') {
      if (!this.replay && event.revision < this.settings.revision) return;
      this.settings = event;
      this.emit('room', event);
    }
    this.emit('event', event);
  }
}
