import type { ChatClient } from '../chat/client';
import type { MessageAction, Panel } from '../chat/panel';
import type { Message } from '../chat/types';
import { mayActOn, TIMEOUTS, type ModerationAction } from './actions';
import { askForBan } from './bandialog';
import { perform } from './perform';

/** Adds the moderators' actions on a message and its author to the menu of messages. */
export function addModeration(panel: Panel, client: ChatClient): void {
  panel.onMessageMenu((message) => (client.rights.moderate ? actionsFor(message, client) : []));
}

function actionsFor(message: Message, client: ChatClient): MessageAction[] {
  const act = (fields: ModerationAction) => void perform(client, fields);
  const { user } = message;
  const actions: MessageAction[] = [{ label: 'Pin', run: () => act({ act: 'pin', message: message.id }) }];
  if (user.id === client.me?.id || mayActOn(client.me, user)) actions.push({ label: 'Delete message', danger: true, run: () => act({ act: 'delete', message: message.id }) });
  if (!mayActOn(client.me, user)) return actions;
  actions.push({ label: 'Delete all of theirs', danger: true, run: () => act({ act: 'purge', user: user.id }) });
  for (const minutes of TIMEOUTS) {
    const label = minutes < 60 ? `Timeout ${minutes} min` : `Timeout ${minutes / 60} h`;
    actions.push({ label, danger: true, run: () => act({ act: 'timeout', user: user.id, seconds: minutes * 60 }) });
  }
  actions.push(
    { label: 'Show to themselves only', danger: true, run: () => act({ act: 'shadow', user: user.id }) },
    { label: 'Ban…', danger: true, run: () => askForBan(client, user) },
  );
  return actions;
}
