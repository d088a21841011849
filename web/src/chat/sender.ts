import type { ChatClient } from './client';
import { Outbox, type PendingMessage } from './outbox';
import { Refusal } from './refusal';
import type { Message } from './types';

export interface SenderEvents {
  /** What waits has changed. */
  changed: () => void;
  /** The server refused it; the text goes back into the composer. */
  refused: (pending: PendingMessage, refusal: Refusal) => void;
  /** What became of a command. */
  done: (words: string) => void;
}

/** Milliseconds between checks for messages that were not delivered. */
const SWEEP = 1000;

/** Sends messages once: without an answer they are sent again with the same nonce. */
export class Sender {
  readonly outbox = new Outbox();
  private readonly timer: number;

  constructor(
    private readonly client: ChatClient,
    private readonly events: SenderEvents,
  ) {
    client.on('message', (message) => {
      if (message.user.id === client.me?.id && this.outbox.removeDelivered(message)) events.changed();
    });
    client.on('state', ({ kind }) => {
      if (kind === 'on') for (const pending of this.outbox.items) if (pending.state === 'waiting') void this.attempt(pending);
    });
    this.timer = window.setInterval(() => this.showUndelivered(), SWEEP);
  }

  close(): void {
    clearInterval(this.timer);
  }

  /** False: too much waits already. */
  sendMessage(text: string, reply: Message | undefined): boolean {
    if (this.outbox.full) return false;
    const pending = this.outbox.add(text, this.client.date() ?? 0, reply, performance.now());
    this.events.changed();
    void this.attempt(pending);
    return true;
  }

  sendAgain(pending: PendingMessage): void {
    delete pending.reason;
    void this.attempt(pending);
  }

  discard(pending: PendingMessage): void {
    this.outbox.remove(pending);
    this.events.changed();
  }

  private async attempt(pending: PendingMessage): Promise<void> {
    const { client } = this;
    pending.state = client.state.kind === 'on' ? 'sending' : 'waiting';
    this.events.changed();
    if (pending.state === 'waiting') return;
    try {
      if (pending.text.startsWith('/')) return await this.command(pending);
      const { text, at, nonce, reply } = pending;
      await client.publish({ text, at, nonce, ...(reply && { reply: reply.id }) });
      pending.state = 'sent';
      pending.sentAt = performance.now();
    } catch (error) {
      if (error instanceof Refusal) {
        this.outbox.remove(pending);
        this.events.refused(pending, error);
      } else {
        pending.state = 'waiting';
        // The answer was lost but the connection wasn't: nothing will wake it up.
        if (client.state.kind === 'on') window.setTimeout(() => pending.state === 'waiting' && void this.attempt(pending), SWEEP);
      }
    }
    this.events.changed();
  }

  private async command(pending: PendingMessage): Promise<void> {
    const { done } = await this.client.rpc<{ done?: string }>('command', { room: this.client.room, text: pending.text });
    this.outbox.remove(pending);
    this.events.changed();
    if (done) this.events.done(done);
  }

  private showUndelivered(): void {
    const { outbox, client } = this;
    const overdue = outbox.overdue(performance.now());
    for (const { nonce, text, at, reply } of overdue) {
      if (!client.me) continue;
      const now = Date.now();
      const quote = reply && { id: reply.id, user: reply.user.id, name: reply.user.name, text: reply.text };
      client.timeline.add([{ id: `own-${nonce}`, text, at: at || now, sent: now, user: client.me, ...(quote && { reply: quote }) }], client.me.id);
    }
    for (const pending of overdue) outbox.remove(pending);
    if (overdue.length > 0) this.events.changed();
  }
}
