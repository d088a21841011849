import type { ChatClient } from '../chat/client';
import type { User } from '../chat/types';
import { Fields, openDialog } from '../room/dialog';
import { element } from '../ui/dom';
import { BANS } from './actions';
import { perform } from './perform';

const LONGEST_REASON = 200;

/** Asks for the length and the reason of a ban: the banned user is told the reason, and the log keeps it. */
export function askForBan(client: ChatClient, user: User): void {
  const fields = new Fields();
  const duration = fields.choice('How long', BANS.map(({ label, seconds }) => ({ label, value: String(seconds) })), String(BANS[1]?.seconds ?? 0));
  const reason = fields.line('Reason', { maxLength: LONGEST_REASON, placeholder: 'Told to them and kept in the log' });
  const purge = fields.tick('Delete what they wrote as well', false);
  const title = element('span');
  title.append('Ban ', element('bdi', '', user.name), '?');
  openDialog({
    title,
    body: fields.root,
    confirm: 'Ban',
    danger: true,
    run: async () => {
      if (purge.checked && !(await perform(client, { act: 'purge', user: user.id }))) return false;
      return perform(client, { act: 'ban', user: user.id, seconds: Number(duration.value), reason: reason.value.trim() });
    },
  });
}
