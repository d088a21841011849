import type { ChatClient } from '../chat/client';
import type { Panel } from '../chat/panel';
import type { Message } from '../chat/types';
import { Fields, openDialog } from '../room/dialog';
import { element } from '../ui/dom';
import { perform } from './perform';

const LONGEST_REASON = 200;

/** Adds reporting to the menu of messages, for all viewers of the live room. */
export function addReporting(panel: Panel, client: ChatClient): void {
  panel.onMessageMenu((message) => {
    if (client.state.kind !== 'on' || message.user.id === client.me?.id || client.rights.moderate) return [];
    return [{ label: 'Report…', run: () => askForReport(client, message) }];
  });
}

function askForReport(client: ChatClient, message: Message): void {
  const fields = new Fields();
  const quote = element('blockquote', 'room-quote', message.text);
  quote.dir = 'auto';
  fields.root.append(quote);
  const reason = fields.line('What is wrong with it', { maxLength: LONGEST_REASON, placeholder: 'Told to the moderators, with your name' });
  const title = element('span');
  title.append('Report ', element('bdi', '', message.user.name || 'Guest'), '?');
  openDialog({ title, body: fields.root, confirm: 'Report', run: () => perform(client, { act: 'report', message: message.id, reason: reason.value.trim() }) });
}
