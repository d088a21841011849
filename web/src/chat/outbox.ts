import type { Message } from './types.js';

export type DeliveryState =
  /** Until there is a connection. */
  | 'waiting'
  | 'sending'
  /** The server has it; everybody's copy of it is on its way. */
  | 'sent'
  | 'failed';

/** A message of this viewer that has not come back from the room. */
export interface PendingMessage {
  nonce: string;
  text: string;
  at: number;
  reply?: Message;
  state: DeliveryState;
  /** Why it failed. */
  reason?: string;
  sentAt: number;
}

const MAX_PENDING = 20;
/** Milliseconds to wait for a message to come back. A shadowed user's messages never do; their own copy stays. */
const DELIVERY_TIMEOUT = 5000;

/** Messages written here that are not in the room yet, in order. */
export class Outbox {
  readonly items: PendingMessage[] = [];

  get full(): boolean {
    return this.items.length >= MAX_PENDING;
  }

  add(text: string, at: number, reply: Message | undefined, now: number): PendingMessage {
    const pending: PendingMessage = { nonce: nonce(), text, at, reply, state: 'waiting', sentAt: now };
    this.items.push(pending);
    return pending;
  }

  remove(pending: PendingMessage): void {
    const index = this.items.indexOf(pending);
    if (index >= 0) this.items.splice(index, 1);
  }

  /** Removes the first pending message with the text of a delivered one. */
  removeDelivered(message: Message): boolean {
    const mine = this.items.find((pending) => pending.state !== 'failed' && pending.state !== 'waiting' && comparableText(pending.text) === comparableText(message.text));
    if (mine) this.remove(mine);
    return mine !== undefined;
  }

  /** Messages that the server accepted but that did not come back in time. */
  overdue(now: number): PendingMessage[] {
    return this.items.filter((pending) => pending.state === 'sent' && now - pending.sentAt > DELIVERY_TIMEOUT);
  }
}

/** As two texts are compared: the server takes out what can't be seen. */
function comparableText(text: string): string {
  return text.replace(/[\s\p{C}\p{M}]+/gu, '');
}

function nonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
