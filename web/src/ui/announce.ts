import { byId } from './dom';

const announcer = byId('announcer');
const LIFETIME = 6000;

/** Announces a message to screen readers (aria-live polite): messages queue up instead of replacing each other. */
export function announce(message: string): void {
  const line = document.createElement('p');
  line.textContent = message;
  announcer.append(line);
  window.setTimeout(() => line.remove(), LIFETIME);
}
