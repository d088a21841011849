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
