/** A pop-up menu over the player: opened by its button, driven by mouse, touch or keys. */
export class Menu {
  private onChoose: (index: number) => void = () => undefined;

  constructor(
    private readonly button: HTMLElement,
    private readonly list: HTMLElement,
  ) {
    button.addEventListener('click', () => (list.hidden ? this.open() : this.close()));
    button.addEventListener('keydown', (event) => {
      if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
      event.preventDefault();
      this.open();
    });
    list.addEventListener('keydown', (event) => this.onKey(event));
    list.addEventListener('click', (event) => {
      const index = this.items.indexOf((event.target as Element).closest('[role]') as HTMLElement);
      if (index < 0) return;
      this.close();
      button.focus();
      this.onChoose(index);
    });
    document.addEventListener('pointerdown', (event) => {
      const path = event.composedPath();
      if (!path.includes(list) && !path.includes(button)) this.close();
    });
  }

  /** Replaces the items, keeping the focus at its place. */
  fill(items: HTMLElement[], onChoose: (index: number) => void): void {
    const focused = this.items.indexOf(document.activeElement as HTMLElement);
    for (const item of items) item.tabIndex = -1;
    this.list.replaceChildren(...items);
    this.onChoose = onChoose;
    items[focused]?.focus();
  }

  close(): void {
    this.list.hidden = true;
    this.button.setAttribute('aria-expanded', 'false');
  }

  private open(): void {
    this.list.hidden = false;
    this.button.setAttribute('aria-expanded', 'true');
    const checked = this.items.find((item) => item.getAttribute('aria-checked') === 'true');
    (checked ?? this.items[0])?.focus();
  }

  private onKey(event: KeyboardEvent): void {
    const items = this.items;
    const at = items.indexOf(document.activeElement as HTMLElement);
    const last = items.length - 1;
    const target = { ArrowDown: at < last ? at + 1 : 0, ArrowUp: at > 0 ? at - 1 : last, Home: 0, End: last }[event.key];
    if (target !== undefined) {
      event.preventDefault();
      items[target]?.focus();
    } else if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault();
      this.close();
      this.button.focus();
    }
    // While the menu is open, keys are its own.
    event.stopPropagation();
  }

  private get items(): HTMLElement[] {
    return [...this.list.children] as HTMLElement[];
  }
}
