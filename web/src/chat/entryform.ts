import { element } from './messagerow';

/** A form in place of the composer: a guest's name, or signing in. */
export class EntryForm {
  readonly form = element('form', 'chat-entry');
  private readonly notice = element('p', 'chat-notice');
  private readonly inputs: HTMLInputElement[];
  private readonly button = element('button', 'button primary');
  private readonly row = element('div', 'chat-entry-row');

  constructor(
    label: string,
    fields: Partial<HTMLInputElement>[],
    submit: string,
    private readonly send: (...values: string[]) => Promise<void>,
  ) {
    const { form, notice, button, row } = this;
    const words = element('p', 'chat-entry-words');
    words.textContent = label;
    notice.setAttribute('role', 'status');
    notice.hidden = true;
    this.inputs = fields.map((field) => {
      const input = element('input', 'chat-entry-input');
      Object.assign(input, { type: 'text', required: true, spellcheck: false, dir: 'auto', ...field });
      input.setAttribute('aria-label', field.placeholder ?? '');
      return input;
    });
    button.type = 'submit';
    button.textContent = submit;
    row.classList.toggle('tall', fields.length > 1);
    row.append(...this.inputs, button);
    form.append(words, notice, row);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.submit();
    });
  }

  private async submit(): Promise<void> {
    const { notice, button } = this;
    button.disabled = true;
    notice.hidden = true;
    try {
      await this.send(...this.inputs.map(({ value, type }) => (type === 'password' ? value : value.trim())));
      for (const input of this.inputs) if (input.type === 'password') input.value = '';
    } catch (error) {
      notice.textContent = (error as Error).message === 'not connected' ? 'No connection just now. Try again.' : (error as Error).message;
      notice.hidden = false;
      this.inputs[0]?.focus();
    } finally {
      button.disabled = false;
    }
  }
}
