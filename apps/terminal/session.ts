/** One session: a program in a pseudo-terminal, its screen, and who looks at it. */
import type { Pty, PtyExit } from "../../lib/pty/pty.ts";
import type { AttachEvent, AttachParams, SessionInfo } from "./contract.ts";
import { ScreenModel, type Size } from "./screen_model.ts";
import { QueryFilter } from "./queries.ts";
import { SessionView } from "./session_view.ts";

/** Bytes of input that may wait for a program that does not read. */
const INPUT_MAX = 1 << 20;
/**
 * After the program has ended, its last output comes yet. A program that it left in the background may
 * go on and on: output that pauses for so many milliseconds is over, and after so many in all it is
 * over, too.
 */
const LAST_OUTPUT_PAUSE = 500;
const LAST_OUTPUT = 3_000;

/** What a session is made of. */
export interface SessionOptions {
  id: number;
  /** As it was given; null to take what the program says. */
  title: string | null;
  command: string;
  cwd: string;
  size: Size;
  scrollback: number;
  pty: Pty;
  /** Called when what {@link Session.info} tells has changed. */
  changed?(): void;
}

/** A session. It goes on without any view until its program ends or {@link kill} is called. */
export class Session {
  readonly id: number;
  /** Resolves when the program has ended, all views were told, and its terminal is gone. */
  readonly ended: Promise<void>;
  readonly #options: SessionOptions;
  readonly #pty: Pty;
  readonly #model: ScreenModel;
  readonly #filter = new QueryFilter();
  readonly #views = new Set<SessionView>();
  readonly #opened = new Date();
  #viewCount = 0;
  #windowTitle = "";
  #typed: Promise<void> = Promise.resolve();
  #waiting = 0;
  #seen = false;
  #exit: PtyExit & { at: Date } | null = null;

  constructor(options: SessionOptions) {
    this.id = options.id;
    this.#options = options;
    this.#pty = options.pty;
    this.#model = new ScreenModel(
      options.size,
      options.scrollback,
      (text) => void this.input(new TextEncoder().encode(text)).catch(ignoreClosed),
      (title) => {
        const before = this.title;
        this.#windowTitle = title;
        // (Shells say the same one before each prompt.)
        if (this.title !== before) this.#changed();
      },
    );
    this.ended = this.#pump();
  }

  /** As it was given, else as the program says, else the command. */
  get title(): string {
    const { title, command } = this.#options;
    return title ?? (this.#windowTitle || command);
  }

  get info(): SessionInfo {
    const { command, cwd } = this.#options;
    return {
      id: this.id,
      title: this.title,
      command,
      cwd,
      pid: this.#pty.pid,
      ...this.#model.size,
      views: this.#views.size,
      opened: this.#opened.toISOString(),
      ended: this.#exit?.at.toISOString() ?? null,
      code: this.#exit?.code ?? null,
      signal: this.#exit?.signal ?? null,
    };
  }

  /** Whether it has ended and a view was told, so that nobody needs it any more. */
  get done(): boolean {
    return this.#exit !== null && this.#seen;
  }

  get running(): boolean {
    return this.#exit === null;
  }

  /** Shows it to a view until the signal fires or it has ended. */
  async *attach(
    { columns, rows, history = 1_000 }: AttachParams,
    signal: AbortSignal,
  ): AsyncGenerator<AttachEvent, void, void> {
    const view = new SessionView(++this.#viewCount, { columns, rows }, history, this.#model);
    this.#views.add(view);
    this.#changed();
    this.#fit();
    try {
      yield { type: "attached", view: view.number, session: this.info };
      if (this.#exit !== null) view.end(this.#exitEvent);
      for await (const event of view.events(signal)) {
        if (event.type === "exit") this.#seen = true;
        yield event;
      }
    } finally {
      this.#views.delete(view);
      this.#changed();
      this.#fit();
    }
  }

  /** The view of this number. @throws {RangeError} When there is none. */
  view(number: number): SessionView {
    for (const view of this.#views) if (view.number === number) return view;
    throw new RangeError(`Cannot find view ${number} of session ${this.id}: it is not attached`);
  }

  /** A view's terminal has another size now. */
  resize(view: SessionView, size: Size): void {
    view.size = size;
    this.#fit();
  }

  /** Types; resolves when the program's terminal has taken it, in the order of the calls. */
  async input(bytes: Uint8Array): Promise<void> {
    if (this.#exit !== null) throw new Error(`Cannot type: session ${this.id} has ended`);
    if (this.#waiting + bytes.length > INPUT_MAX) {
      throw new Error(`Cannot type: session ${this.id} does not read what was typed before`);
    }
    this.#waiting += bytes.length;
    const written = this.#typed.then(() => this.#pty.write(bytes));
    this.#typed = written.catch(ignoreClosed);
    try {
      await written;
    } finally {
      this.#waiting -= bytes.length;
    }
  }

  /** Ends it with all that it started. */
  async kill(): Promise<void> {
    if (this.#exit === null) await this.#pty.close();
    await this.ended;
  }

  #changed(): void {
    this.#options.changed?.();
  }

  /** Gives it the size of its smallest view; without a view it keeps the one it has. */
  #fit(): void {
    if (this.#views.size === 0 || this.#exit !== null) return;
    let [columns, rows] = [Infinity, Infinity];
    for (const { size } of this.#views) {
      columns = Math.min(columns, size.columns);
      rows = Math.min(rows, size.rows);
    }
    const now = this.#model.size;
    if (columns === now.columns && rows === now.rows) return;
    this.#changed();
    this.#model.resize({ columns, rows });
    this.#pty.resize(columns, rows);
    // Terminals move their lines about in ways of their own: all begin anew.
    for (const view of this.#views) view.refresh();
  }

  async #pump(): Promise<void> {
    const decoder = new TextDecoder();
    let late: ReturnType<typeof setTimeout> | undefined;
    let over = Infinity;
    const waitForMore = () => {
      clearTimeout(late);
      if (over === Infinity) return;
      const pause = Math.min(LAST_OUTPUT_PAUSE, over - performance.now());
      late = setTimeout(() => void this.#pty.close(), pause);
    };
    void this.#pty.exit.then(() => {
      over = performance.now() + LAST_OUTPUT;
      waitForMore();
    });
    for (;;) {
      const bytes = await this.#pty.read();
      if (bytes === null) break;
      waitForMore();
      const text = decoder.decode(bytes, { stream: true });
      const understood = this.#model.write(text);
      const shown = this.#filter.pass(text);
      for (const view of this.#views) view.push(shown);
      // The one thing that may hold a program up: the model. A slow view never does.
      await understood;
    }
    const exit = await this.#pty.exit;
    clearTimeout(late);
    over = Infinity;
    this.#exit = { ...exit, at: new Date() };
    this.#changed();
    for (const view of this.#views) view.end(this.#exitEvent);
    // Last: it may wait for programs that are left in the terminal.
    await this.#pty.close();
  }

  get #exitEvent() {
    const { code, signal } = this.#exit!;
    return { type: "exit", code, signal } as const;
  }
}

/** The program may end while something is typed; whoever types learns of the end by its view. */
function ignoreClosed(): void {}
