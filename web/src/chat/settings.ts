const PREFIX = 'lightstick.chat.';

/** What the viewer chose in this browser. */
export function storedChoice(name: string, otherwise: boolean): boolean {
  try {
    const value = localStorage.getItem(PREFIX + name);
    return value === null ? otherwise : value === 'yes';
  } catch {
    return otherwise;
  }
}

export function storeChoice(name: string, value: boolean): void {
  try {
    localStorage.setItem(PREFIX + name, value ? 'yes' : 'no');
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}
