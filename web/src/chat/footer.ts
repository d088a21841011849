import { icon } from '../ui/dom';
import type { ChatClient } from './client';
import type { Composer } from './composer';
import { EntryForm } from './entryform';
import { askForToken } from './identity';
import { element } from './messagerow';

type FooterContent =
  | { kind: 'compose' }
  | { kind: 'name' }
  | { kind: 'login'; text: string }
  | { kind: 'note'; text: string; iconName?: string };

/** The area below the messages: the composer, a form, or why nobody can write. */
export class Footer {
  readonly root = element('div', 'chat-foot');
  private shown = '';
  private readonly nameForm: EntryForm;
  private readonly loginForm: EntryForm;
  private showsLoginForm = false;

  constructor(
    private readonly client: ChatClient,
    private readonly composer: Composer,
  ) {
    this.nameForm = new EntryForm('Choose a name to join in', [{ placeholder: 'Your name', maxLength: 32, autocomplete: 'off' }], 'Join', async (name) => {
      await client.takeName(name ?? '');
      composer.field.focus();
    });
    this.loginForm = new EntryForm(
      'Sign in to write',
      [
        { placeholder: 'Name', autocomplete: 'username' },
        { placeholder: 'Password', type: 'password', autocomplete: 'current-password' },
      ],
      'Sign in',
      (name, password) => client.logIn(name ?? '', password ?? ''),
    );
    for (const event of ['state', 'me', 'room'] as const) client.on(event, () => this.update());
    this.update();
  }

  update(): void {
    const content = this.choose();
    const key = JSON.stringify(content);
    if (key === this.shown) return;
    this.shown = key;
    const hadFocus = this.root.contains(document.activeElement);
    this.root.replaceChildren(this.elementFor(content));
    if (hadFocus) this.focus();
  }

  /** Puts the cursor where one writes. False if there is nothing to write or press. */
  focus(): boolean {
    const field = this.root.querySelector<HTMLElement>('textarea, input') ?? this.root.querySelector<HTMLElement>('button');
    field?.focus();
    return field !== null;
  }

  private choose(): FooterContent {
    const { state, me, mayWrite, settings, login, rights } = this.client;
    switch (state.kind) {
      case 'replay':
        return { kind: 'note', text: 'Chat as it was during the show', iconName: 'clock' };
      case 'reading':
        return { kind: 'note', text: 'Read only: the live chat can’t be reached from here' };
      case 'banned':
        return { kind: 'note', text: state.reason && state.reason !== 'banned' ? `You were banned from this chat: ${state.reason}` : 'You were banned from this chat' };
      case 'over':
        return { kind: 'note', text: state.reason ? `The chat is closed: ${state.reason}` : 'The chat is closed' };
      case 'signin':
        return { kind: 'login', text: 'Sign in to see this chat' };
    }
    if (!me) return { kind: 'note', text: 'Connecting…' };
    if (mayWrite) return me.name ? { kind: 'compose' } : { kind: 'name' };
    if (settings.closed && rights.write) return { kind: 'note', text: 'Only the host and moderators are writing now' };
    if (settings.members && me.role === 'guest') return { kind: 'login', text: 'Members only for now' };
    if (login || window.parent !== window) return { kind: 'login', text: 'You are reading as a guest' };
    return { kind: 'note', text: 'You are reading as a guest' };
  }

  private elementFor(content: FooterContent): HTMLElement {
    if (content.kind === 'compose') return this.composer.form;
    if (content.kind === 'name') return this.nameForm.form;
    if (content.kind === 'login') return this.loginFor(content.text);
    const note = element('p', 'chat-foot-note');
    if (content.iconName) note.append(icon(content.iconName));
    note.append(content.text);
    return note;
  }

  /** The page around this one may sign in; else there are accounts here, or nothing. */
  private loginFor(text: string): HTMLElement {
    const { login, room, state } = this.client;
    if (login && this.showsLoginForm) return this.loginForm.form;
    const row = element('div', 'chat-foot-note');
    row.append(text);
    if (!login && state.kind !== 'signin' && window.parent === window) return row;
    if (!login && window.parent === window) this.showsLoginForm = true;
    const button = element('button', 'button');
    button.type = 'button';
    button.textContent = 'Sign in';
    button.addEventListener('click', () => {
      if (window.parent !== window) askForToken(room);
      if (!login && state.kind !== 'signin') return;
      this.showsLoginForm = true;
      this.root.replaceChildren(this.loginForm.form);
      this.loginForm.form.querySelector('input')?.focus();
    });
    row.append(button);
    return row;
  }
}
