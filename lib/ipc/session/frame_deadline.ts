/**
 * The deadline of a frame that a peer has begun and does not end.
 *
 * @module
 */

import { TIMER_MAX } from "../base/timer.ts";

/**
 * Watches one session's frames. A timer runs only while a frame is unfinished, and looks twice:
 * a process that was itself held up has read what came meanwhile before the second look.
 */
export class FrameDeadline {
  readonly #half: number;
  readonly #onLate: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #frame = -1;
  #looks = 0;

  /**
   * @param milliseconds a frame may take; at most half as much again passes before `onLate`
   */
  constructor(milliseconds: number, onLate: () => void) {
    this.#half = Math.min(Math.ceil(milliseconds / 2), TIMER_MAX);
    this.#onLate = onLate;
  }

  /** Told after each read that ended inside a frame: `frame` is how many were whole before it. */
  begun(frame: number): void {
    if (frame === this.#frame && this.#timer !== undefined) return;
    this.#frame = frame;
    this.#looks = 0;
    // One that runs already looks at this frame next time.
    this.#timer ??= setTimeout(this.#look, this.#half);
  }

  /** Told after each read that ended between two frames. Costs nothing where no frame was late. */
  idle(): void {
    this.#frame = -1;
  }

  /** Ends the watch. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#frame = -1;
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    if (this.#frame < 0) return;
    if (++this.#looks > 2) return this.#onLate();
    this.#timer = setTimeout(this.#look, this.#half);
  };
}
