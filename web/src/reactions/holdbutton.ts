/** How often a button that is held down taps. */
const REPEAT = 110;
const DELAY = 320;

/**
 * A button that taps when it is pressed and goes on while it is held: by pointer, Enter
 * or space. run gets the page's x of what was tapped.
 */
export function repeatWhileHeld(button: HTMLElement, run: (x: number) => void): void {
  let timer = 0;
  let last = 0;
  const stop = () => clearTimeout(timer);
  const center = () => {
    const box = button.getBoundingClientRect();
    return box.left + box.width / 2;
  };
  button.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    const again = () => {
      run(event.clientX);
      timer = window.setTimeout(again, REPEAT);
    };
    stop();
    run(event.clientX);
    timer = window.setTimeout(again, DELAY);
  });
  for (const type of ['pointerup', 'pointercancel', 'pointerleave', 'blur'] as const) button.addEventListener(type, stop);
  window.addEventListener('blur', stop);
  // A long press is meant for the button, not for the browser's menu.
  button.addEventListener('contextmenu', (event) => event.preventDefault());
  button.addEventListener('click', (event) => {
    // Clicks of a pointer were counted when it went down; keys and assistive technology have no other event.
    if (event.detail !== 0) return;
    const now = performance.now();
    if (now - last < REPEAT) return;
    last = now;
    run(center());
  });
}
