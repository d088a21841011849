/** What one item of a list looks like; the element stays, what it shows changes. */
export interface Row<T> {
  element: HTMLElement;
  show(item: T): void;
}

/** Keeps one element for each item of a list, so that a refresh moves and blinks nothing. */
export class Rows<T> {
  private readonly known = new Map<string, Row<T>>();

  constructor(private readonly parent: HTMLElement, private readonly keyOf: (item: T) => string, private readonly make: (item: T) => Row<T>) {}

  update(items: readonly T[]): void {
    const keys = new Set(items.map(this.keyOf));
    for (const [key, row] of this.known) {
      if (keys.has(key)) continue;
      row.element.remove();
      this.known.delete(key);
    }
    // Moving an element takes the focus from it, and a button from under the pointer.
    const held = this.parent.contains(document.activeElement);
    items.forEach((item, i) => this.place(item, i, held));
  }

  private place(item: T, index: number, held: boolean): void {
    const key = this.keyOf(item);
    let row = this.known.get(key);
    const isNew = row === undefined;
    row ??= this.make(item);
    this.known.set(key, row);
    row.show(item);
    const there = this.parent.children[index];
    if (there !== row.element && (isNew || !held)) this.parent.insertBefore(row.element, there ?? null);
  }
}
