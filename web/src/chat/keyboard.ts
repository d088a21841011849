/** A tap that takes the focus away must find what it was meant for where it was. */
const SETTLE = 300;

/** Makes room for writing on a phone: marks the chat from when one writes until one turns to something else. */
export function watchWriting(chat: HTMLElement): void {
  let timer = 0;
  const writing = () => chat.classList.contains('composing') && chat.contains(document.activeElement);
  chat.addEventListener('focusin', ({ target }) => {
    clearTimeout(timer);
    if ((target as Element).matches('textarea, input')) chat.classList.add('composing');
  });
  chat.addEventListener('focusout', () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => chat.classList.toggle('composing', writing()), SETTLE);
  });
}

/** Sets the height that an on-screen keyboard leaves, where the browser does not resize the layout. */
export function measureWindow(): () => void {
  const view = window.visualViewport;
  if (!view) return () => undefined;
  const root = document.documentElement;
  const measure = () => {
    // A zoomed page keeps its layout.
    if (Math.abs(view.scale - 1) > 0.01) return;
    if (view.height < window.innerHeight - 1) root.style.setProperty('--window', `${Math.round(view.height)}px`);
    else root.style.removeProperty('--window');
  };
  view.addEventListener('resize', measure);
  measure();
  return () => view.removeEventListener('resize', measure);
}
