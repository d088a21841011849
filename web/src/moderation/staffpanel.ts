import type { ChatClient } from '../chat/client';
import { PALETTE } from '../reactions/palette';
import { Fields } from '../room/dialog';
import { roomIcon } from '../room/icons';
import { pollForm } from '../room/pollform';
import { duration } from '../room/roomrules';
import { element } from '../ui/dom';
import type { ModerationAction } from './actions';
import { AuditList } from './auditlist';
import { perform } from './perform';
import { ReportList } from './reportlist';

const SLOW = [0, 3, 5, 10, 30, 60, 300];
const LONGEST = 500;
const LONGEST_WORD = 64;

/** The tools of hosts and moderators, shown over the list: the picture and the composer stay visible. */
export class StaffPanel {
  readonly root = element('section', 'staff');
  readonly button = element('button', 'chat-tool');
  private readonly slow: HTMLSelectElement;
  private readonly switches: { button: HTMLButtonElement; holds: () => boolean }[] = [];
  private readonly unpin = element('button', 'button', 'Unpin');
  private readonly audit: AuditList;
  private readonly reports: ReportList;

  constructor(private readonly client: ChatClient) {
    const { root, button } = this;
    button.type = 'button';
    button.title = 'Room tools';
    button.setAttribute('aria-label', 'Room tools');
    button.setAttribute('aria-expanded', 'false');
    button.append(roomIcon('shield'));
    button.addEventListener('click', () => this.show(root.hidden === true));
    root.id = 'room-tools';
    button.setAttribute('aria-controls', root.id);
    root.setAttribute('role', 'dialog');
    root.setAttribute('aria-label', 'Room tools');
    root.hidden = true;
    root.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.show(false);
    });
    this.audit = new AuditList(client);
    this.reports = new ReportList(client);
    const limits = new Fields();
    this.slow = limits.choice('Slow mode', SLOW.map((s) => ({ label: s === 0 ? 'Off' : `One message in ${duration(s)}`, value: String(s) })), '0');
    this.slow.addEventListener('change', () => this.act({ act: 'slow', seconds: Number(this.slow.value) }));
    root.append(
      this.head(),
      this.section('Who may write', limits.root, this.switchRow()),
      this.section('Colour wave', this.waves()),
      this.section('Say to everybody', this.announcementForm()),
      this.section('Poll', pollForm((act) => perform(client, act))),
      this.section('Words and links', this.filterForm()),
      this.section('Reported by viewers', this.reports.root),
      this.section('Log', this.audit.root),
    );
    this.update();
  }

  update(): void {
    const { client } = this;
    this.button.hidden = !client.rights.moderate;
    if (!client.rights.moderate) this.show(false);
    const slow = client.settings.slow ?? 0;
    if (!SLOW.includes(slow) && !this.slow.querySelector(`[value="${slow}"]`)) this.slow.add(new Option(`One message in ${duration(slow)}`, String(slow)));
    this.slow.value = String(slow);
    for (const { button, holds } of this.switches) button.setAttribute('aria-checked', String(holds()));
    this.unpin.hidden = !client.settings.pinned;
  }

  show(shown: boolean): void {
    if (this.root.hidden === !shown) return;
    this.root.hidden = !shown;
    this.button.setAttribute('aria-expanded', String(shown));
    if (shown) {
      this.root.style.bottom = `${this.button.closest<HTMLElement>('.chat-foot')?.offsetHeight ?? 0}px`;
      this.slow.focus();
      void this.reports.load();
    } else if (this.client.rights.moderate) this.button.focus();
  }

  private head(): HTMLElement {
    const head = element('header', 'staff-head');
    const close = element('button', 'room-card-close');
    close.type = 'button';
    close.setAttribute('aria-label', 'Close the room tools');
    close.append(roomIcon('close'));
    close.addEventListener('click', () => this.show(false));
    head.append(element('h3', '', 'Room tools'), close);
    return head;
  }

  private section(title: string, ...content: HTMLElement[]): HTMLElement {
    const section = element('section', 'staff-section');
    section.setAttribute('aria-label', title);
    section.append(element('h4', '', title), ...content);
    return section;
  }

  private switchRow(): HTMLElement {
    const row = element('div', 'staff-switches');
    const { settings } = { settings: () => this.client.settings };
    const add = (label: string, act: string, holds: () => boolean) => {
      const button = element('button', 'staff-switch', label);
      button.type = 'button';
      button.setAttribute('role', 'switch');
      button.addEventListener('click', () => this.act({ act, on: !holds() }));
      this.switches.push({ button, holds });
      row.append(button);
    };
    add('Members only', 'members', () => settings().members === true);
    add('Emotes only', 'emotes', () => settings().emotes === true);
    add('Chat closed', 'close', () => settings().closed === true);
    return row;
  }

  private waves(): HTMLElement {
    const row = element('div', 'staff-waves');
    for (const { name, color } of PALETTE) {
      const button = element('button', 'dock-swatch');
      button.type = 'button';
      button.title = name;
      button.setAttribute('aria-label', `${name} wave`);
      button.style.setProperty('--swatch', color);
      button.addEventListener('click', () => this.act({ act: 'wave', color }));
      row.append(button);
    }
    return row;
  }

  private announcementForm(): HTMLElement {
    const form = element('form', 'staff-form');
    const fields = new Fields();
    const text = fields.line('Text', { maxLength: LONGEST, placeholder: 'The encore begins in five minutes' });
    const pin = element('button', 'button', 'Pin');
    pin.type = 'button';
    const say = async (act: string) => {
      if (text.value.trim() && (await perform(this.client, { act, text: text.value.trim() }))) text.value = '';
    };
    pin.addEventListener('click', () => void say('pin'));
    this.unpin.type = 'button';
    this.unpin.addEventListener('click', () => this.act({ act: 'unpin' }));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void say('announce');
    });
    form.append(fields.root, buttons(element('button', 'button primary', 'Announce'), pin, this.unpin));
    return form;
  }

  private filterForm(): HTMLElement {
    const form = element('form', 'staff-form');
    const fields = new Fields();
    const word = fields.line('Word or phrase', { maxLength: LONGEST_WORD });
    const send = async (act: string) => {
      if (word.value.trim() && (await perform(this.client, { act, text: word.value.trim() }))) word.value = '';
    };
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void send('addword');
    });
    const plain = (label: string, run: () => void) => {
      const button = element('button', 'button', label);
      button.type = 'button';
      button.addEventListener('click', run);
      return button;
    };
    form.append(
      fields.root,
      buttons(element('button', 'button', 'Filter it'), plain('Allow again', () => void send('removeword'))),
      buttons(plain('Allow links', () => this.act({ act: 'links', on: true })), plain('No links', () => this.act({ act: 'links' }))),
    );
    return form;
  }

  private act(act: ModerationAction): void {
    // What was refused shows as it is again.
    void perform(this.client, act).then(() => this.update());
  }
}

function buttons(...all: HTMLElement[]): HTMLElement {
  const row = element('div', 'staff-buttons');
  row.append(...all);
  return row;
}
