import { byId } from './dom';

const toast = byId('toast');
let timer = 0;

/** Shows a short message for a moment; the element is a status region, so it is read out as well. */
export function showToast(message: string): void {
  toast.textContent = message;
  toast.classList.add('shown');
  clearTimeout(timer);
  timer = window.setTimeout(() => {
    toast.classList.remove('shown');
  }, 2400);
}
