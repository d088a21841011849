import { Emitter } from './emitter.js';
import type { Draft, Message, Pulse, Rights, Room, RoomEvent, User } from './types.js';

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
  /** Room and delete at once, a wave when the picture is there. In a recording each when the picture is there. */
  event: RoomEvent;
  pulse: Pulse;
  state: ChatState;
  /** The room's settings, and what one may do, have changed. */
  room: Room;
  me: User | null;
}

/** A room as the page sees it, whatever brings it here. */
export class ChatClient extends Emitter<ClientEvents> {
  state: ChatState = { kind: 'connecting' };
  /** Null for who only reads. */
  me: User | null = null;
  you: Rights = { write: false, moderate: false };
  settings: Room = { type: 'room', revision: 0, sent: 0 };
  /** Addresses of pictures by name. */
  emotes: Record<string, string> = {};

  constructor(
    readonly room: string,
    /** Program date time of the picture in Unix milliseconds; null without one. */
    readonly date: () => number | null,
  ) {
    super();
  }

  connect(): void {}

  /** Rejects with a Refusal, or with Lost when nobody can tell whether it arrived. */
  publish(_draft: Draft): Promise<void> {
    return Promise.resolve();
  }

  rpc<T = unknown>(_method: string, _data: unknown): Promise<T> {
    return Promise.reject(new Error('not connected'));
  }
}
