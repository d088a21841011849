export interface DragHandler {
  /** While the pointer is down; x in CSS pixels of the window. */
  move: (x: number) => void;
  /** When it is lifted; not when the browser takes it away. */
  drop: (x: number) => void;
  cancel: () => void;
}

/** Follows one pointer – mouse, finger or pen – from pressing to lifting, wherever it goes meanwhile. */
export function onDrag(element: HTMLElement, handler: DragHandler): void {
  let pointer: number | null = null;
  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || pointer !== null) return;
    pointer = event.pointerId;
    element.setPointerCapture(pointer);
    handler.move(event.clientX);
  });
  element.addEventListener('pointermove', (event) => {
    if (event.pointerId === pointer) handler.move(event.clientX);
  });
  element.addEventListener('pointerup', (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    handler.drop(event.clientX);
  });
  element.addEventListener('lostpointercapture', (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    handler.cancel();
  });
}
