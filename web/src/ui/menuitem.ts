import { icon } from './dom';

/** One choice of a menu of which exactly one holds. */
export function menuItem(name: string, checked: boolean, noteText = ''): HTMLElement {
  const element = document.createElement('button');
  element.type = 'button';
  element.setAttribute('role', 'menuitemradio');
  element.setAttribute('aria-checked', String(checked));
  const label = document.createElement('span');
  label.textContent = name;
  element.append(icon('check'), label);
  if (noteText) {
    const note = document.createElement('span');
    note.className = 'menu-note';
    note.textContent = noteText;
    element.append(note);
  }
  return element;
}
