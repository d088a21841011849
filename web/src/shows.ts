import { byId } from './ui/dom';
import { setupTheme } from './ui/theme';

const INTERVAL = 10_000;
const TIMEOUT = 8000;

const list = byId('shows');

setupTheme();
window.setInterval(() => {
  if (!document.hidden) void refresh();
}, INTERVAL);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void refresh();
});

/** Takes the list out of the page as the server has it now. The focus stays on its show. */
async function refresh(): Promise<void> {
  try {
    const response = await fetch(location.pathname, { signal: AbortSignal.timeout(TIMEOUT) });
    if (!response.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html').getElementById('shows');
    if (!fresh || fresh.innerHTML === list.innerHTML) return;
    const focused = document.activeElement?.getAttribute('href');
    list.replaceChildren(...fresh.childNodes);
    if (focused) list.querySelector<HTMLElement>(`a[href="${CSS.escape(focused)}"]`)?.focus();
  } catch {
    // The next time.
  }
}
