import { byId, setText } from '../ui/dom';

const form = byId<HTMLFormElement>('signin');
const input = byId<HTMLInputElement>('token');
const message = byId('signin-message');

/** Calls back with what the operator pastes. */
export function setupSignIn(onToken: (token: string) => void): void {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const token = input.value.trim();
    if (!token) return say('Paste the token first.');
    say('');
    input.value = ''; // no reason to keep it in the page
    onToken(token);
  });
}

/** Shows the sign-in form, with the reason if there is one. */
export function askToken(why = ''): void {
  show(true);
  say(why);
  input.focus();
}

export function signedIn(): void {
  show(false);
}

function show(asking: boolean): void {
  form.hidden = !asking;
  byId('overview').hidden = asking;
  byId('forget').hidden = asking;
  byId('freshness').hidden = asking;
}

function say(text: string): void {
  setText(message, text);
  message.hidden = text === '';
  input.setAttribute('aria-invalid', String(text !== ''));
}
