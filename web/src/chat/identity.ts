import { isChatToken, splitChatToken } from './chattoken';

const GUEST = 'lightstick.chat.guest';

interface Guest {
  name: string;
  /** Opaque: the server signed it, so that a guest is themselves again when they return. */
  ticket: string;
}

/** The viewer's identity: a token for this tab, or a guest's name and ticket for this browser. */
export class Identity {
  token: string;
  guest: Guest;

  private readonly key: string;

  constructor(room: string) {
    this.key = `lightstick.chat.token.${room}`;
    this.token = read(() => sessionStorage, this.key);
    this.guest = guestFrom(read(() => localStorage, GUEST));
  }

  use(token: string): void {
    this.token = token;
    write(() => sessionStorage, this.key, token);
  }

  keepGuest(name: string, ticket: string): void {
    this.guest = { name: name || this.guest.name, ticket: ticket || this.guest.ticket };
    write(() => localStorage, GUEST, JSON.stringify(this.guest));
  }

  /** What a connection says of its viewer. */
  get data(): Record<string, string> {
    const { name, ticket } = this.guest;
    return { ...(name && { name }), ...(ticket && { guest: ticket }) };
  }
}

/** Before anything else sees the address: keeps the token in it for this tab. Returns it. */
export function keepTokenFromAddress(room: string): string | null {
  const { token, address } = splitChatToken(location.href);
  if (address !== location.pathname + location.search + location.hash) history.replaceState(history.state, '', address);
  if (token) write(() => sessionStorage, `lightstick.chat.token.${room}`, token);
  return token;
}

/** Tokens that the page around this one gives: {type: "lightstick:chat-token", token}. */
export function onToken(given: (token: string) => void): () => void {
  const listener = ({ source, data }: MessageEvent) => {
    if (source === window.parent && source !== window && data?.type === 'lightstick:chat-token' && isChatToken(data.token)) given(data.token);
  };
  window.addEventListener('message', listener);
  return () => window.removeEventListener('message', listener);
}

/** Asks the page around this one for a token. */
export function askForToken(room: string): void {
  if (window.parent !== window) window.parent.postMessage({ type: 'lightstick:chat-token-wanted', room }, '*');
}

function guestFrom(json: string): Guest {
  try {
    const { name, ticket } = JSON.parse(json) as Record<string, unknown>;
    return { name: typeof name === 'string' ? name : '', ticket: typeof ticket === 'string' ? ticket : '' };
  } catch {
    return { name: '', ticket: '' };
  }
}

/** Storage may be forbidden; then what is known lasts as long as the page. */
function read(storage: () => Storage, key: string): string {
  try {
    return storage().getItem(key) ?? '';
  } catch {
    return '';
  }
}

function write(storage: () => Storage, key: string, value: string): void {
  try {
    if (value) storage().setItem(key, value);
    else storage().removeItem(key);
  } catch {
    // See above.
  }
}
