import type { ChatClient } from '../chat/client';
import { element } from '../ui/dom';
import { auditEntries, auditLine } from './auditline';

const LIMIT = 50;

/** The audit log, newest first; loaded when it is opened. */
export class AuditList {
  readonly root = element('div', 'staff-audit');
  private readonly list = element('ol', 'staff-audit-list');
  private readonly note = element('p', 'staff-note');
  private loading = false;

  constructor(private readonly client: ChatClient) {
    const load = element('button', 'button', 'Show what was done');
    load.type = 'button';
    load.addEventListener('click', () => void this.load(load));
    this.note.setAttribute('role', 'status');
    this.root.append(load, this.note, this.list);
  }

  private async load(button: HTMLButtonElement): Promise<void> {
    if (this.loading) return;
    this.loading = true;
    try {
      const response = await fetch(`/api/v1/chat/${encodeURIComponent(this.client.room)}/audit?limit=${LIMIT}`, {
        headers: { Authorization: `Bearer ${this.client.identity.token}` },
      });
      if (!response.ok) throw new Error(response.status === 401 || response.status === 403 ? 'You may not see the log.' : 'The log can’t be read just now.');
      const entries = auditEntries(await response.json());
      this.note.textContent = entries.length === 0 ? 'Nothing was done yet.' : '';
      this.list.replaceChildren(...entries.map((entry) => {
        const item = element('li');
        const time = element('time', '', new Date(entry.at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }));
        time.dateTime = new Date(entry.at).toISOString();
        const words = element('span', '', auditLine(entry));
        words.dir = 'auto';
        item.append(time, words);
        return item;
      }));
      button.textContent = 'Show it again';
    } catch (error) {
      this.note.textContent = error instanceof TypeError ? 'The server did not answer.' : (error as Error).message;
    }
    this.loading = false;
  }
}
