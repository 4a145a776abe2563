/**
 * Telling of changes that come in several at once.
 *
 * @module
 */

/** A function that has `work` done once for all of its calls of a turn, at the turn's end. */
export function onceATurn(work: () => void): () => void {
  let due = false;
  return () => {
    if (due) return;
    due = true;
    queueMicrotask(() => {
      due = false;
      work();
    });
  };
}
