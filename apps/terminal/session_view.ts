/** One view of a session: what it is to be told, kept small however slow it is. */
import { pause } from "../../lib/system/waiting.ts";
import { Bell } from "./bell.ts";
import type { AttachEvent, OutputEvent, ScreenEvent, SessionExit } from "./contract.ts";
import type { ScreenModel, Size } from "./screen_model.ts";

/** Characters that a view may be behind before it gets a whole screen instead. */
const BEHIND_MAX = 256 * 1024;
/** Milliseconds between two whole screens. */
const SCREEN_PAUSE = 33;

/**
 * A view of the session's size gets what the program writes as it is. Any other gets whole screens,
 * for lines wrap and scroll at the session's edges and not at its own; and so does one that fell
 * too far behind, once.
 */
export class SessionView {
  readonly number: number;
  readonly #model: ScreenModel;
  readonly #bell = new Bell();
  #size: Size;
  #output = "";
  /** Whether a whole screen is due. */
  #stale = true;
  #history: number;
  #exit: SessionExit | null = null;

  constructor(number: number, size: Size, history: number, model: ScreenModel) {
    this.number = number;
    this.#size = size;
    this.#history = history;
    this.#model = model;
  }

  get size(): Size {
    return this.#size;
  }

  set size(size: Size) {
    this.#size = size;
    this.refresh();
  }

  /** What the program wrote; the model gets it in the same turn. */
  push(text: string): void {
    if (this.#stale || text === "") return;
    if (!this.#fits || this.#output.length + text.length > BEHIND_MAX) return this.refresh();
    this.#output += text;
    this.#bell.ring();
  }

  /** Has the whole screen sent. */
  refresh(): void {
    this.#stale = true;
    this.#output = "";
    this.#bell.ring();
  }

  /** Tells the end, after everything that came before it. */
  end(exit: SessionExit): void {
    this.#exit = exit;
    this.#bell.ring();
  }

  get #fits(): boolean {
    const { columns, rows } = this.#model.size;
    return this.#size.columns === columns && this.#size.rows === rows;
  }

  /** Screens and output as they come, until the end or the signal. */
  async *events(signal: AbortSignal): AsyncGenerator<AttachEvent, void, void> {
    signal.addEventListener("abort", this.#bell.ring);
    try {
      while (!signal.aborted) {
        if (this.#stale) {
          yield await this.#screen();
          // A fitting view goes on with output; for others this is what keeps them from flooding.
          if (!this.#fits) await pause(SCREEN_PAUSE);
        } else if (this.#output !== "") yield this.#take();
        else if (this.#exit !== null) return yield this.#exit;
        else await this.#bell.wait();
      }
    } finally {
      signal.removeEventListener("abort", this.#bell.ring);
    }
  }

  #screen(): Promise<ScreenEvent> {
    // From here on output is collected again: the screen will hold all that came before.
    this.#stale = false;
    this.#output = "";
    return this.#model.settled(() => {
      const history = this.#history;
      this.#history = 0;
      return { type: "screen", text: this.#model.paint(this.#size, history), ...this.#model.size };
    });
  }

  #take(): OutputEvent {
    const text = this.#output;
    this.#output = "";
    return { type: "output", text };
  }
}
