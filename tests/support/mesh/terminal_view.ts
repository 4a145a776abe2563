/**
 * A view of a session for tests: what its terminal would show, read from a terminal model of the
 * test's own.
 *
 * @module
 */

import xterm, { type Terminal as Model } from "@xterm/headless";
import type { AttachedEvent, AttachEvent, SessionExit } from "../../../apps/terminal/contract.ts";
import type { NeverLiieIPC } from "../../../lib/ipc/mod.ts";

/** An attached view. */
export class TerminalView implements AsyncDisposable {
  /** What its terminal shows. */
  readonly model: Model;
  /** The kinds of the events so far. */
  readonly kinds: AttachEvent["type"][] = [];
  attached: AttachedEvent | null = null;
  exit: SessionExit | null = null;
  /** Resolves when the stream has ended; rejects as the stream does. */
  readonly ended: Promise<void>;
  readonly #ipc: NeverLiieIPC;
  readonly #id: number;
  readonly #detach = new AbortController();
  #changed = Promise.withResolvers<void>();

  /** @param shown what the view's terminal showed before, to see what becomes of it */
  constructor(
    ipc: NeverLiieIPC,
    id: number,
    { columns = 80, rows = 24, shown = "" } = {},
  ) {
    this.#ipc = ipc;
    this.#id = id;
    this.model = new xterm.Terminal({
      cols: columns,
      rows,
      scrollback: 2_000,
      allowProposedApi: true,
    });
    this.model.write(shown);
    this.ended = this.#follow(columns, rows);
    this.ended.catch(() => {
      // Whoever waits for the end learns of it there.
    });
  }

  async #follow(columns: number, rows: number): Promise<void> {
    const { signal } = this.#detach;
    const events = this.#ipc.stream<AttachEvent>("terminal", "attach", {
      id: this.#id,
      columns,
      rows,
    });
    const detach = () => events.cancel();
    signal.addEventListener("abort", detach);
    try {
      for await (const event of events) {
        this.kinds.push(event.type);
        if (event.type === "attached") this.attached = event;
        else if (event.type === "exit") this.exit = event;
        else await new Promise<void>((resolve) => this.model.write(event.text, resolve));
        this.#changed.resolve();
        this.#changed = Promise.withResolvers();
      }
    } finally {
      signal.removeEventListener("abort", detach);
      this.#changed.resolve();
    }
  }

  /** The screen's lines, without spaces at their ends. */
  get lines(): string[] {
    const { active } = this.model.buffer;
    return Array.from(
      { length: this.model.rows },
      (_, row) => active.getLine(active.baseY + row)!.translateToString(true),
    );
  }

  /** The screen as one text, without empty lines at its end. */
  get screen(): string {
    return this.lines.join("\n").trimEnd();
  }

  /** The lines above the screen. */
  get history(): string[] {
    const { normal } = this.model.buffer;
    return Array.from(
      { length: normal.baseY },
      (_, row) => normal.getLine(row)!.translateToString(true),
    );
  }

  /** Resolves once the screen is as wanted; rejects when the view ends before. */
  async until(wanted: RegExp | ((view: this) => boolean)): Promise<void> {
    const holds = () => wanted instanceof RegExp ? wanted.test(this.screen) : wanted(this);
    let over = false;
    const end = this.ended.then(() => over = true);
    while (!holds()) {
      if (over) throw new Error(`The view ended without ${wanted}:\n${this.screen}`);
      await Promise.race([this.#changed.promise, end]);
    }
  }

  /** Types. */
  async type(data: string): Promise<void> {
    await this.#ipc.call("terminal", "input", { id: this.#id, data });
  }

  async resize(columns: number, rows: number): Promise<void> {
    this.model.resize(columns, rows);
    const { view } = this.attached!;
    await this.#ipc.call("terminal", "resize", { id: this.#id, view, columns, rows });
  }

  /** Detaches. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#detach.abort();
    await this.ended.catch(() => {
      // It was told to those who waited for it.
    });
    this.model.dispose();
  }
}
