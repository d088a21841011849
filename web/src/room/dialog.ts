import { element } from '../ui/dom';

interface Question {
  title: Node;
  body: HTMLElement;
  confirm: string;
  danger?: boolean;
  /** False: it stays open, for another try. */
  run: () => Promise<boolean>;
}

let last = 0;

/** Asks in a modal dialog; the focus returns to where it was. */
export function openDialog({ title, body, confirm, danger, run }: Question): void {
  const dialog = element('dialog', 'help room-dialog');
  const heading = element('h2');
  heading.id = `room-dialog-${++last}`;
  heading.append(title);
  dialog.setAttribute('aria-labelledby', heading.id);
  const form = element('form');
  const buttons = element('div', 'room-dialog-buttons');
  const cancel = element('button', 'button', 'Cancel');
  cancel.type = 'button';
  cancel.addEventListener('click', () => dialog.close());
  const yes = element('button', danger ? 'button room-danger' : 'button primary', confirm);
  buttons.append(cancel, yes);
  form.append(heading, body, buttons);
  let asking = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (asking) return;
    asking = true;
    void run().then((done) => {
      asking = false;
      if (done) dialog.close();
    });
  });
  dialog.append(form);
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  (document.fullscreenElement ?? document.body).append(dialog);
  dialog.showModal();
  body.querySelector<HTMLElement>('input:not([type=radio]), textarea, select')?.focus();
}

/** Builds a form, label by label. */
export class Fields {
  readonly root = element('div', 'room-fields');

  line(label: string, { maxLength, placeholder = '', value = '' }: { maxLength: number; placeholder?: string; value?: string }): HTMLInputElement {
    const input = element('input', 'room-input');
    input.type = 'text';
    input.maxLength = maxLength;
    input.placeholder = placeholder;
    input.value = value;
    input.dir = 'auto';
    input.autocomplete = 'off';
    this.labelled(label, input);
    return input;
  }

  choice(label: string, options: readonly { label: string; value: string }[], value: string): HTMLSelectElement {
    const select = element('select', 'room-input');
    for (const option of options) select.add(new Option(option.label, option.value, false, option.value === value));
    this.labelled(label, select);
    return select;
  }

  tick(label: string, checked: boolean): HTMLInputElement {
    const input = element('input');
    input.type = 'checkbox';
    input.checked = checked;
    const row = element('label', 'room-tick');
    row.append(input, label);
    this.root.append(row);
    return input;
  }

  private labelled(label: string, input: HTMLElement): void {
    const row = element('label', 'room-field');
    row.append(element('span', 'room-field-name', label), input);
    this.root.append(row);
  }
}
