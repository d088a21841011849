const query = matchMedia('(prefers-reduced-motion: reduce)');

/** Whether the viewer prefers reduced motion. */
export function prefersReducedMotion(): boolean {
  return query.matches;
}

/** Returns a function that removes the listener. */
export function onReducedMotionChange(run: () => void): () => void {
  query.addEventListener('change', run);
  return () => query.removeEventListener('change', run);
}
