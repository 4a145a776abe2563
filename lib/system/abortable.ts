/** Waits for `promise`, but no longer than until `signal` is aborted; then rejects with its reason. */
export function abortable<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    // After an abort this still takes the promise's own failure, so that it is nobody's unhandled one.
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
