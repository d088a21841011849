import type { Centrifuge, DisconnectedContext, PublicationContext, SubscribedContext, Subscription } from 'centrifuge';
import { askForToken, onToken, type Identity } from './identity';
import { BANNED, NoAnswer, refusalFrom } from './refusal';
import type { Draft, Item, Message, ReactionTick, Rights, RoomSettings, User } from './types';

/** The server's answer to a connection. */
export interface Welcome {
  user: User;
  guest?: string;
  now: number;
  write: boolean;
  guests: 'read' | 'write' | 'off';
  login: boolean;
}

/** The server's answer to a subscription of the room. */
export interface Joined {
  room?: RoomSettings;
  emotes?: Record<string, string>;
  you?: Rights;
}

/** A message to this viewer alone. */
interface Direct {
  type: 'direct';
  room: string;
  message: Message;
}

export interface Receiver {
  welcomed(welcome: Welcome): void;
  joined(joined: Joined): void;
  items(items: Item[]): void;
  reactionTick(tick: ReactionTick): void;
  /** Everything up to now has arrived; messages can be sent. */
  ready(): void;
  lost(): void;
  /** Several connections have failed: the network or the server refuses WebSockets. */
  unreachable(): void;
  /** Nothing is tried any more. */
  closed(why: 'banned' | 'signin' | 'over', reason: string): void;
}

const TIMEOUT = 8000;
const FIRST_DELAY = 500;
const LONGEST_DELAY = 20_000;
const FAILURES = 3;
/** How long a server may say that it has too many connections. */
const BUSY_TIMEOUT = 20_000;
const TOKEN_TIMEOUT = 15_000;
const ON_ARRIVAL = 50;
/** All that the server keeps: after an interruption that could not be bridged. */
const AFTER_GAP = 200;
/** Publications that come while the history is asked for. */
const MAX_PENDING_ITEMS = 2000;
/** Disconnect codes of the server and of the SDK. */
const BUSY = 4101;
const SIGN_IN = [1, 101, 109, 4500, 4502];
const BANNED_CODES = [4501, BANNED];

/** The room's WebSocket: centrifuge's client, which reconnects by itself and recovers missed publications. */
export class Connection {
  private centrifuge: Centrifuge | null = null;
  private roomSubscription: Subscription | null = null;
  private failures = 0;
  private busySince = 0;
  private pendingItems: Item[] | null = [];
  private stopped = false;
  private stopTokenListener: () => void = () => undefined;

  constructor(
    private readonly room: string,
    private readonly identity: Identity,
    /** The playback token, for streams that need one; "" without one. */
    private readonly ticket: () => string,
    private readonly receiver: Receiver,
  ) {}

  async start(): Promise<void> {
    const { Centrifuge, UnauthorizedError } = await import('centrifuge');
    if (this.stopped) return;
    const { token } = this.identity;
    const centrifuge = new Centrifuge(endpoint(), {
      name: 'lightstick-page',
      data: this.identity.data,
      timeout: TIMEOUT,
      minReconnectDelay: FIRST_DELAY,
      maxReconnectDelay: LONGEST_DELAY,
      ...(token && { token, getToken: () => this.newToken(token, () => new UnauthorizedError('expired')) }),
    });
    this.centrifuge = centrifuge;
    centrifuge.on('connected', ({ data }) => {
      this.failures = 0;
      this.busySince = 0;
      const welcome = data as Welcome;
      this.receiver.welcomed(welcome);
      centrifuge.setData(this.identity.data);
    });
    centrifuge.on('connecting', ({ code }) => this.onConnecting(code));
    centrifuge.on('error', ({ type }) => {
      if (type === 'transport' || type === 'connect') this.onConnectError();
    });
    // In a sampled room: this viewer's own messages, and those that mention them.
    centrifuge.on('message', ({ data }) => {
      const { type, room, message } = (data ?? {}) as Partial<Direct>;
      if (type === 'direct' && room === this.room && message) this.receive(message);
    });
    centrifuge.on('disconnected', (context) => this.onDisconnected(context));
    this.roomSubscription = this.subscribe(centrifuge);
    const reactions = centrifuge.newSubscription(`react:${this.room}`, { getData: this.subscriptionData });
    reactions.on('publication', ({ data }) => this.receiver.reactionTick(data as ReactionTick));
    reactions.subscribe();
    centrifuge.connect();
  }

  stop(): void {
    this.stopped = true;
    this.stopTokenListener();
    this.centrifuge?.removeAllListeners();
    this.centrifuge?.disconnect();
  }

  /** Rejects with a Refusal or NoAnswer. */
  async publish(draft: Draft): Promise<void> {
    await this.call(() => this.subscription.publish(draft));
  }

  async rpc<T>(method: string, data: unknown): Promise<T> {
    const { data: answer } = await this.call(() => this.client.rpc(method, data));
    return answer as T;
  }

  /** The room's newest publications; [] without an answer. */
  async recent(limit = AFTER_GAP): Promise<Item[]> {
    try {
      const { publications } = await this.subscription.history({ limit, reverse: true });
      return publications.map(({ data }: PublicationContext) => data as Item).reverse();
    } catch {
      return [];
    }
  }

  private subscribe(centrifuge: Centrifuge): Subscription {
    const subscription = centrifuge.newSubscription(`chat:${this.room}`, { recoverable: true, positioned: true, getData: this.subscriptionData });
    subscription.on('subscribing', () => {
      this.pendingItems ??= [];
    });
    subscription.on('subscribed', (context) => void this.onSubscribed(subscription, context));
    subscription.on('publication', ({ data }) => this.receive(data as Item));
    subscription.on('unsubscribed', ({ code, reason }) => {
      if (code !== 0) this.close(code, reason);
    });
    subscription.subscribe();
    return subscription;
  }

  /** Subscribed: missed publications are recovered if possible, else they are read from the history. */
  private async onSubscribed(subscription: Subscription, context: SubscribedContext): Promise<void> {
    this.receiver.joined((context.data ?? {}) as Joined);
    if (!context.recovered) {
      this.receiver.items(await this.recent(context.wasRecovering ? AFTER_GAP : ON_ARRIVAL));
    }
    if (this.stopped || subscription.state !== 'subscribed') return;
    const early = this.pendingItems ?? [];
    this.pendingItems = null;
    if (early.length > 0) this.receiver.items(early);
    this.receiver.ready();
  }

  /** Read each time: tokens are renewed. */
  private readonly subscriptionData = (): Promise<{ ticket?: string }> => {
    const ticket = this.ticket();
    return Promise.resolve(ticket ? { ticket } : {});
  };

  private receive(item: Item): void {
    if (!this.pendingItems) this.receiver.items([item]);
    else if (this.pendingItems.length < MAX_PENDING_ITEMS) this.pendingItems.push(item);
  }

  private onConnecting(code: number): void {
    const now = performance.now();
    if (code === BUSY) this.busySince ||= now;
    this.receiver.lost();
    if (this.busySince > 0 && now - this.busySince > BUSY_TIMEOUT) this.receiver.unreachable();
  }

  private onConnectError(): void {
    this.failures++;
    if (this.failures >= FAILURES) this.receiver.unreachable();
  }

  private onDisconnected({ code, reason }: DisconnectedContext): void {
    if (code !== 0) this.close(code, reason);
  }

  private close(code: number, reason: string): void {
    if (this.stopped) return;
    const why = BANNED_CODES.includes(code) ? 'banned' : SIGN_IN.includes(code) ? 'signin' : 'over';
    this.receiver.closed(why, reason);
    this.stop();
  }

  /** The page around this one may have a newer token, or gets one when it is asked. */
  private newToken(old: string, none: () => Error): Promise<string> {
    if (this.identity.token !== old && this.identity.token) return Promise.resolve(this.identity.token);
    return new Promise((resolve, reject) => {
      if (window.parent === window) return reject(none());
      const timer = window.setTimeout(() => reject(none()), TOKEN_TIMEOUT);
      this.stopTokenListener();
      this.stopTokenListener = onToken((token) => {
        clearTimeout(timer);
        resolve(token);
      });
      askForToken(this.room);
    });
  }

  private async call<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw refusalFrom(error);
    }
  }

  private get client(): Centrifuge {
    if (!this.centrifuge) throw new NoAnswer('not connected');
    return this.centrifuge;
  }

  private get subscription(): Subscription {
    if (!this.roomSubscription) throw new NoAnswer('not connected');
    return this.roomSubscription;
  }
}

function endpoint(): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/connection/websocket`;
}
