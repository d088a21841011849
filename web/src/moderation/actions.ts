import type { Message, Role } from '../chat/types.js';

/** A host's or moderator's action; chat/moderation lists the fields of each. */
export interface ModerationAction {
  act: string;
  message?: string;
  user?: string;
  network?: string;
  seconds?: number;
  reason?: string;
  text?: string;
  options?: string[];
  color?: string;
  on?: boolean;
}

/** The result of an action. */
export interface ActionResult {
  /** A sentence for people. */
  done: string;
  act: ModerationAction;
}

/** Minutes of the timeouts that one click gives. */
export const TIMEOUTS = [1, 10, 60] as const;

/** Durations of a ban; 0: for ever. */
export const BANS: readonly { label: string; seconds: number }[] = [
  { label: '1 hour', seconds: 3600 },
  { label: '1 day', seconds: 86_400 },
  { label: '7 days', seconds: 604_800 },
  { label: 'For ever', seconds: 0 },
];

const RANKS: Record<Role, number> = { guest: 1, member: 2, subscriber: 3, moderator: 4, host: 5 };

/** Whether a moderator may act on an author: only on those of a lower role. */
export function mayActOn(me: { id: string; role: Role } | null, author: Message['user']): boolean {
  return me !== null && me.id !== author.id && (RANKS[me.role] ?? 0) > (RANKS[author.role] ?? 0);
}
