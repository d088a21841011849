import type { ChatClient } from '../chat/client';
import type { Panel } from '../chat/panel';
import { moderates, type User } from '../chat/types';
import { openDialog } from '../room/dialog';
import { element } from '../ui/dom';
import { showToast } from '../ui/toast';

/** Adds to the menu of messages: block the author, and list blocked authors. */
export function addBlocking(panel: Panel, client: ChatClient): void {
  panel.onMessageMenu(({ user }) => {
    const actions = [];
    // What hosts and moderators say is for everybody, and they see all that the room sees.
    if (user.id !== client.me?.id && !moderates(user) && !client.rights.moderate) actions.push({ label: `Block ${user.name || 'Guest'}`, run: () => block(client, user) });
    const count = client.blocked.list.length;
    if (count > 0) actions.push({ label: `Blocked people (${count})…`, run: () => showBlocked(client) });
    return actions;
  });
}

function block(client: ChatClient, { id, name }: User): void {
  client.blocked.add({ id, name });
  showToast(`${name || 'Guest'} is blocked: you see nothing of theirs`, { label: 'Undo', run: () => client.blocked.remove(id) });
}

function showBlocked({ blocked }: ChatClient): void {
  const list = element('ul', 'chat-blocked');
  for (const { id, name } of blocked.list) {
    const item = element('li');
    const button = element('button', 'chat-inline', 'Unblock');
    button.type = 'button';
    button.addEventListener('click', () => {
      blocked.remove(id);
      item.remove();
    });
    item.append(element('bdi', '', name || 'Guest'), button);
    list.append(item);
  }
  openDialog({ title: new Text('Blocked people'), body: list, confirm: 'Done', run: () => Promise.resolve(true) });
}
