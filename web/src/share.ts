import { byId } from './dom';
import { showToast } from './toast';

/** Copies the page's link; phones get their own share sheet. */
export function setupShare(): void {
  byId('share').addEventListener('click', () => void share());
}

async function share(): Promise<void> {
  const url = location.origin + location.pathname;
  const onPhone = matchMedia('(pointer: coarse)').matches;
  if (onPhone && 'share' in navigator) {
    // The viewer closing the sheet rejects the promise; nothing is to be done about it.
    await navigator.share({ title: document.title, url }).catch(() => undefined);
    return;
  }
  try {
    await navigator.clipboard.writeText(url);
    showToast('Link copied');
  } catch {
    // Clipboards need a secure origin; a plain http server on a local network is none.
    showToast(url);
  }
}
