import type { Message } from './types.js';

export type Fate =
  /** Until there is a connection. */
  | 'waiting'
  | 'sending'
  /** The server has it; everybody's copy of it is on its way. */
  | 'sent'
  | 'failed';

/** A message of one's own, as long as the room has not brought it back. */
export interface Pending {
  nonce: string;
  text: string;
  at: number;
  reply?: Message;
  fate: Fate;
  /** Why it failed. */
  reason?: string;
  sentAt: number;
}

const LONGEST = 20;
/** Messages to a shadowed user's room come back to nobody: then their own copy stays. */
const PATIENCE = 5000;

/** What was written here and is not in the room yet, in order. */
export class Outbox {
  readonly items: Pending[] = [];

  get full(): boolean {
    return this.items.length >= LONGEST;
  }

  add(text: string, at: number, reply: Message | undefined, now: number): Pending {
    const pending: Pending = { nonce: nonce(), text, at, reply, fate: 'waiting', sentAt: now };
    this.items.push(pending);
    return pending;
  }

  remove(pending: Pending): void {
    const index = this.items.indexOf(pending);
    if (index >= 0) this.items.splice(index, 1);
  }

  /** The room brought a message of one's own: which one was it? The first that reads the same. */
  settle(message: Message): boolean {
    const mine = this.items.find((pending) => pending.fate !== 'failed' && pending.fate !== 'waiting' && bare(pending.text) === bare(message.text));
    if (mine) this.remove(mine);
    return mine !== undefined;
  }

  /** Those that the server took but the room did not bring back in time. */
  overdue(now: number): Pending[] {
    return this.items.filter((pending) => pending.fate === 'sent' && now - pending.sentAt > PATIENCE);
  }
}

/** As two texts are compared: the server takes out what can't be seen. */
function bare(text: string): string {
  return text.replace(/[\s\p{C}\p{M}]+/gu, '');
}

function nonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
