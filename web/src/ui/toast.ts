import { byId } from './dom';

const toast = byId('toast');
const SHORT_MS = 2400;
/** Long enough to decide and to reach the button. */
const WITH_ACTION = 8000;
let timer = 0;

export interface ToastAction {
  label: string;
  run: () => void;
}

/** Shows a short message for a moment; the element is a status region, so it is read out as well. */
export function showToast(message: string, action?: ToastAction): void {
  toast.replaceChildren(message);
  if (action) toast.append(actionButton(action));
  toast.classList.toggle('actionable', action !== undefined);
  toast.classList.add('shown');
  clearTimeout(timer);
  timer = window.setTimeout(hide, action ? WITH_ACTION : SHORT_MS);
}

function actionButton(action: ToastAction): HTMLElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = action.label;
  button.addEventListener('click', () => {
    hide();
    action.run();
  });
  return button;
}

function hide(): void {
  toast.classList.remove('shown', 'actionable');
  // Out of sight it must not be reached by keys either.
  toast.querySelector('button')?.remove();
}
