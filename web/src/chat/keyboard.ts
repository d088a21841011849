/** A tap that takes the focus away must find what it was meant for where it was. */
const SETTLE = 300;

/** Makes room for writing on a phone: marks the chat while one writes. */
export function watchWriting(chat: HTMLElement): void {
  let timer = 0;
  const writing = () => document.activeElement !== null && chat.contains(document.activeElement) && document.activeElement.matches('textarea, input');
  chat.addEventListener('focusin', () => {
    if (!writing()) return;
    clearTimeout(timer);
    chat.classList.add('composing');
  });
  chat.addEventListener('focusout', () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => chat.classList.toggle('composing', writing()), SETTLE);
  });
}

/** Tells the layout how much of the window an on-screen keyboard leaves, where it takes it without a word. */
export function measureWindow(): () => void {
  const view = window.visualViewport;
  if (!view) return () => undefined;
  const root = document.documentElement;
  const measure = () => {
    // Who has zoomed in looks at a part of the page; its layout stays.
    if (Math.abs(view.scale - 1) > 0.01) return;
    if (view.height < window.innerHeight - 1) root.style.setProperty('--window', `${Math.round(view.height)}px`);
    else root.style.removeProperty('--window');
  };
  view.addEventListener('resize', measure);
  measure();
  return () => view.removeEventListener('resize', measure);
}
