import { byId } from '../ui/dom';

export interface Shortcut {
  /** As in KeyboardEvent.key, letters in lower case. */
  keys: string[];
  /** As shown to people. */
  caps: string[];
  label: string;
  run: (key: string) => void;
  /** False while the key has nothing to do; it is then left to the browser, but still listed. */
  when?: () => boolean;
}

const dialog = byId<HTMLDialogElement>('help');

/** Wires the page's keys and the help that lists them. */
export function setupShortcuts(shortcuts: Shortcut[]): void {
  const all = [...shortcuts, { keys: ['?'], caps: ['?'], label: 'This help', run: toggleHelp }];
  byId('help-list').replaceChildren(...all.map(describe));
  byId('help-open').addEventListener('click', toggleHelp);
  dialog.addEventListener('click', (event) => {
    // A click on the dialog itself, not on its content, hit the backdrop.
    if (event.target === dialog) dialog.close();
  });

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const shortcut = all.find((candidate) => candidate.keys.includes(key));
    if (!shortcut || belongsToFocus(event, key) || shortcut.when?.() === false) return;
    // An open dialog has the keys to itself, apart from the one that closes the help again.
    if (document.querySelector('dialog[open]') && !(dialog.open && key === '?')) return;
    event.preventDefault();
    shortcut.run(key);
  });
}

/** Some keys mean something to the element that has the focus: space presses it, arrows move it. */
function belongsToFocus(event: KeyboardEvent, key: string): boolean {
  const target = event.composedPath()[0] as Element;
  if (target.matches('textarea, select, input:not([type="range"]), [contenteditable]')) return true;
  if (key === ' ') return target.closest('button, a, [role="button"]') !== null;
  if (key.startsWith('Arrow')) return target.closest('[role="radiogroup"], [role="menu"], [type="range"], [role="slider"]') !== null;
  // The bar leaves Home and End to the page's own keys, which do the same.
  if (key === 'Home' || key === 'End') return target.closest('[role="menu"], [type="range"], media-volume-range') !== null;
  return false;
}

function toggleHelp(): void {
  if (dialog.open) dialog.close();
  else dialog.showModal();
}

function describe(shortcut: Shortcut): HTMLElement {
  const row = document.createElement('div');
  const keys = document.createElement('dt');
  for (const cap of shortcut.caps) {
    const kbd = document.createElement('kbd');
    kbd.textContent = cap;
    keys.append(kbd);
  }
  const label = document.createElement('dd');
  label.textContent = shortcut.label;
  row.append(keys, label);
  return row;
}
