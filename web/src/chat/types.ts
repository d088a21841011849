/** The messages and events of a room, as the server's package chat/message defines them. Times are Unix milliseconds. */

export type Role = 'guest' | 'member' | 'subscriber' | 'moderator' | 'host';

export interface User {
  id: string;
  name: string;
  role: Role;
  /** #rrggbb, of the name. */
  color?: string;
  bot?: boolean;
}

export interface Quote {
  id: string;
  /** ID of its author. */
  user: string;
  name: string;
  text: string;
}

export interface Message {
  id: string;
  text: string;
  /** Program date time of the picture that its author saw. */
  at: number;
  user: User;
  sent: number;
  reply?: Quote;
  /** IDs of users. */
  mentions?: string[];
  announcement?: boolean;
}

export interface Draft {
  text: string;
  /** Program date time of the author's picture; 0: they watch none. */
  at: number;
  reply?: string;
  nonce?: string;
}

export interface Delete {
  type: 'delete';
  ids?: string[];
  /** Everything that this user wrote. */
  user?: string;
  sent: number;
}

export interface PollOption {
  text: string;
  votes: number;
}

export interface Poll {
  id: string;
  question: string;
  options: PollOption[];
  ends: number;
  over?: boolean;
}

/** A room's settings, whole. */
export interface RoomSettings {
  type: 'room';
  /** Seconds between two messages of one user. */
  slow?: number;
  members?: boolean;
  emotes?: boolean;
  closed?: boolean;
  pinned?: Message;
  poll?: Poll;
  revision: number;
  sent: number;
}

export interface Wave {
  type: 'wave';
  color: string;
  at: number;
  sent: number;
  by: User;
}

export type RoomEvent = Delete | RoomSettings | Wave;

/** What a room's channel and its track carry. */
export type Item = Message | RoomEvent;

export interface RoomStats {
  viewers: number;
  /** Messages that are written in a second. */
  rate: number;
  /** Share of them that is sent to everybody, 0 to 1. */
  shown: number;
}

export interface ReactionTick {
  counts?: Record<string, number>;
  stats?: RoomStats;
}

/** What one may do here. */
export interface Rights {
  write: boolean;
  moderate: boolean;
}

export function isMessage(item: Item): item is Message {
  return !('type' in item);
}

const RANKS: Record<Role, number> = { guest: 1, member: 2, subscriber: 3, moderator: 4, host: 5 };

export function moderates(user: User | null): boolean {
  return user !== null && (RANKS[user.role] ?? 0) >= RANKS.moderator;
}
