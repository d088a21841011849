import type { ChatClient } from '../chat/client';
import { element, setLanguage } from '../ui/dom';
import { askForBan } from './bandialog';
import { perform } from './perform';
import { reportedMessages, type ReportedMessage } from './reportedmessages';

const LIMIT = 200;
const SHOWN = 20;
const LONG_TIMEOUT = 600;

/** What viewers reported, for moderators: read from the log when they open their tools. */
export class ReportList {
  readonly root = element('div', 'staff-reports');
  private readonly note = element('p', 'staff-note', 'Nothing was reported.');
  private readonly list = element('ol', 'staff-report-list');
  private loading = false;

  constructor(private readonly client: ChatClient) {
    this.note.setAttribute('role', 'status');
    this.root.append(this.note, this.list);
  }

  async load(): Promise<void> {
    if (this.loading) return;
    this.loading = true;
    try {
      const response = await fetch(`/api/v1/chat/${encodeURIComponent(this.client.room)}/audit?act=report&limit=${LIMIT}`, {
        headers: { Authorization: `Bearer ${this.client.identity.token}` },
      });
      if (!response.ok) throw new Error('The reports can’t be read just now.');
      const reported = reportedMessages(await response.json());
      this.note.textContent = reported.length === 0 ? 'Nothing was reported.' : reported.length > SHOWN ? `The first ${SHOWN} of ${reported.length} messages` : '';
      this.list.replaceChildren(...reported.slice(0, SHOWN).map((item) => this.row(item)));
    } catch (error) {
      this.note.textContent = error instanceof TypeError ? 'The server did not answer.' : (error as Error).message;
    }
    this.loading = false;
  }

  private row(item: ReportedMessage): HTMLElement {
    const { client } = this;
    const row = element('li');
    const head = element('p', 'staff-report-head');
    const count = item.reporters.length;
    head.append(element('bdi', '', item.authorName || item.author), ` · ${count === 1 ? `reported by ${item.reporters[0]}` : `${count} reports`}`);
    const text = element('p', 'staff-report-text', item.text);
    text.dir = 'auto';
    setLanguage(text, item.text);
    const reasons = element('p', 'staff-note', item.reasons.join(' · '));
    const buttons = element('div', 'staff-buttons');
    const add = (label: string, run: () => void) => {
      const button = element('button', 'button', label);
      button.type = 'button';
      button.addEventListener('click', run);
      buttons.append(button);
    };
    add('Delete', () => void perform(client, { act: 'delete', message: item.message }));
    add('Timeout 10 min', () => void perform(client, { act: 'timeout', user: item.author, seconds: LONG_TIMEOUT }));
    add('Ban…', () => askForBan(client, { id: item.author, name: item.authorName, role: 'guest' }));
    row.append(head, text, reasons, buttons);
    return row;
  }
}
