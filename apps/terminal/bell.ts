/** Wakes the one who waits; a ring that nobody waits for is kept. */
export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  /** Bound, so that it can be handed on as a callback. */
  readonly ring = (): void => {
    this.#rung = true;
    this.#wake?.();
  };

  /** Returns at the next ring, or after `ms` milliseconds. */
  async wait(ms?: number): Promise<void> {
    if (!this.#rung) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      await promise;
      clearTimeout(timer);
      this.#wake = undefined;
    }
    this.#rung = false;
  }
}
