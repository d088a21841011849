const query = matchMedia('(prefers-reduced-motion: reduce)');

/** Whether they asked for a page that does not move. */
export function still(): boolean {
  return query.matches;
}

/** Returns what ends the listening. */
export function onStillChange(run: () => void): () => void {
  query.addEventListener('change', run);
  return () => query.removeEventListener('change', run);
}
