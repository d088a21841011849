import { byId } from './dom';

type Theme = 'auto' | 'dark' | 'light';

const KEY = 'lightstick-theme';
const PAPER = '#faf9f6';
const INK = '#0b0c12';

const root = document.documentElement;
const buttons = [...byId('theme').querySelectorAll<HTMLButtonElement>('button')];
const systemIsLight = matchMedia('(prefers-color-scheme: light)');

let theme: Theme = stored();

/** Applies the stored theme and wires the toggle, a radio group with arrow keys. */
export function setupTheme(): void {
  apply();
  systemIsLight.addEventListener('change', apply);
  for (const [index, button] of buttons.entries()) {
    button.addEventListener('click', () => choose(button));
    button.addEventListener('keydown', (event) => {
      const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = buttons[(index + step + buttons.length) % buttons.length];
      if (!next) return;
      choose(next);
      next.focus();
    });
  }
}

function choose(button: HTMLButtonElement): void {
  theme = button.dataset.theme as Theme;
  apply();
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

function apply(): void {
  if (theme === 'auto') delete root.dataset.theme;
  else root.dataset.theme = theme;
  for (const button of buttons) {
    const chosen = button.dataset.theme === theme;
    button.setAttribute('aria-checked', String(chosen));
    button.tabIndex = chosen ? 0 : -1;
  }
  const light = theme === 'light' || (theme === 'auto' && systemIsLight.matches);
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', light ? PAPER : INK);
}

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'dark' || value === 'light' ? value : 'auto';
  } catch {
    return 'auto';
  }
}
