import { icon } from '../ui/dom';
import type { ChatClient } from './client';
import type { Composer } from './composer';
import { Entry } from './entryform';
import { askForToken } from './identity';
import { element } from './messagerow';

type Foot =
  | { kind: 'compose' }
  | { kind: 'name' }
  | { kind: 'login'; words: string }
  | { kind: 'note'; words: string; picture?: string };

/** What stands beneath the messages: the composer, or why there is none. */
export class FootArea {
  readonly root = element('div', 'chat-foot');
  private shown = '';
  private readonly name: Entry;
  private readonly login: Entry;
  private wantsLogin = false;

  constructor(
    private readonly client: ChatClient,
    private readonly composer: Composer,
  ) {
    this.name = new Entry('Choose a name to join in', [{ placeholder: 'Your name', maxLength: 32, autocomplete: 'off' }], 'Join', async (name) => {
      await client.takeName(name ?? '');
      composer.field.focus();
    });
    this.login = new Entry(
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
    const foot = this.choose();
    const key = JSON.stringify(foot);
    if (key === this.shown) return;
    this.shown = key;
    const hadFocus = this.root.contains(document.activeElement);
    this.root.replaceChildren(this.elementFor(foot));
    if (hadFocus) this.focus();
  }

  /** Puts the cursor where one writes. False if there is nothing to write or press. */
  focus(): boolean {
    const field = this.root.querySelector<HTMLElement>('textarea, input') ?? this.root.querySelector<HTMLElement>('button');
    field?.focus();
    return field !== null;
  }

  private choose(): Foot {
    const { state, me, mayWrite, settings, login, you } = this.client;
    switch (state.kind) {
      case 'replay':
        return { kind: 'note', words: 'Chat as it was during the show', picture: 'clock' };
      case 'reading':
        return { kind: 'note', words: 'Read only: the live chat can’t be reached from here' };
      case 'banned':
        return { kind: 'note', words: state.reason && state.reason !== 'banned' ? `You were banned from this chat: ${state.reason}` : 'You were banned from this chat' };
      case 'over':
        return { kind: 'note', words: state.reason ? `The chat is closed: ${state.reason}` : 'The chat is closed' };
      case 'signin':
        return { kind: 'login', words: 'Sign in to see this chat' };
    }
    if (!me) return { kind: 'note', words: 'Connecting…' };
    if (mayWrite) return me.name ? { kind: 'compose' } : { kind: 'name' };
    if (settings.closed && you.write) return { kind: 'note', words: 'Only the host and moderators are writing now' };
    if (settings.members && me.role === 'guest') return { kind: 'login', words: 'Members only for now' };
    if (login || window.parent !== window) return { kind: 'login', words: 'You are reading as a guest' };
    return { kind: 'note', words: 'You are reading as a guest' };
  }

  private elementFor(foot: Foot): HTMLElement {
    if (foot.kind === 'compose') return this.composer.form;
    if (foot.kind === 'name') return this.name.form;
    if (foot.kind === 'login') return this.loginFor(foot.words);
    const note = element('p', 'chat-foot-note');
    if (foot.picture) note.append(icon(foot.picture));
    note.append(foot.words);
    return note;
  }

  /** The page around this one may sign in; else there are accounts here, or nothing. */
  private loginFor(words: string): HTMLElement {
    const { login, room, state } = this.client;
    if (login && this.wantsLogin) return this.login.form;
    const row = element('div', 'chat-foot-note');
    row.append(words);
    if (!login && state.kind !== 'signin' && window.parent === window) return row;
    if (!login && window.parent === window) this.wantsLogin = true;
    const button = element('button', 'button');
    button.type = 'button';
    button.textContent = 'Sign in';
    button.addEventListener('click', () => {
      if (window.parent !== window) askForToken(room);
      if (!login && state.kind !== 'signin') return;
      this.wantsLogin = true;
      this.root.replaceChildren(this.login.form);
      this.login.form.querySelector('input')?.focus();
    });
    row.append(button);
    return row;
  }
}
