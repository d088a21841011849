/** An action in the audit log. */
export interface AuditEntry {
  at: number;
  act: string;
  actor: string;
  user: string;
  userID: string;
  /** ID of the message that it is about. */
  message: string;
  reason: string;
  /** What else there is to say: seconds, a text. */
  detail: Record<string, unknown>;
}

/** Reads the server's answer; what is not as it should be is left out. */
export function auditEntries(answer: unknown): AuditEntry[] {
  const list = Array.isArray(answer) ? answer : Object.values((answer ?? {}) as object).find(Array.isArray);
  return ((list ?? []) as unknown[]).flatMap((item) => {
    const entry = (item ?? {}) as Record<string, unknown>;
    const at = typeof entry.at === 'number' ? entry.at : Date.parse(text(entry.at));
    if (Number.isNaN(at) || !text(entry.act)) return [];
    const detail = typeof entry.detail === 'object' && entry.detail !== null ? (entry.detail as Record<string, unknown>) : {};
    return [{
      at, act: text(entry.act), actor: text(entry.actor_name) || text(entry.actor) || 'somebody',
      user: text(entry.user_name) || text(entry.user) || text(entry.network), userID: text(entry.user), message: text(entry.message), reason: text(entry.reason), detail,
    }];
  });
}

const WORDS: Record<string, string> = {
  delete: 'deleted a message', purge: 'deleted all messages', timeout: 'sent into a timeout', ban: 'banned', unban: 'lifted the ban', shadow: 'hid from others', unshadow: 'shows again',
  slow: 'set slow mode', members: 'changed members only', emotes: 'changed emotes only', close: 'changed whether the chat is closed', pin: 'pinned', unpin: 'unpinned',
  poll: 'started a poll', endpoll: 'ended the poll', announce: 'announced', wave: 'called a wave', addword: 'filters a word', removeword: 'allows a word', links: 'changed links', report: 'reported a message of',
};

/** "Mina banned troll: spam". */
export function auditLine({ act, actor, user, reason }: AuditEntry): string {
  return `${actor} ${WORDS[act] ?? act}${user ? ` · ${user}` : ''}${reason ? `: ${reason}` : ''}`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
