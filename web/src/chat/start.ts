import { ChatClient } from './client';
import { Panel } from './panel';

/** Starts the chat in the page; what is drawn on top of it (src/room) begins here too. */
export function startChat(root: HTMLElement, room: string, date: () => number | null): void {
  const client = new ChatClient(room, date);
  new Panel(root, client);
  client.connect();
}
