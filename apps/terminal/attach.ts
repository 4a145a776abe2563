/** A session in this process's own terminal. */
import { joinedBytes } from "../joined_bytes.ts";
import { ConnectionLostError, type IPCStream, type NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { displayWidth, plain, truncate } from "../../lib/ui/text.ts";
import { writeLine } from "../output.ts";
import type { AttachEvent, SessionInfo } from "./contract.ts";
import { isFocus, Keys, PREFIX_NAME, type Typed } from "./keys.ts";
import { hasTerminal, RawTerminal } from "./raw_terminal.ts";

/** Milliseconds that the note about the command key stays after attaching. */
const NOTE_TIME = 3_000;
/** Bytes of keys that may wait for a session that reads nothing; further ones are lost. */
const KEYS_MAX = 64 * 1024;
const MENU = `${PREFIX_NAME} again: type it   d: detach   k: kill   r: redraw   other keys: go on`;

/** How a view came to its end. */
type End =
  | { type: "detached" }
  | { type: "ended"; code: number; signal: string | null }
  | { type: "killed" };

/**
 * Shows a session until it ends or the user detaches. Returns the exit code: the session's own, or
 * 0 for a detached one.
 *
 * @throws {TypeError} Without a terminal, and inside of the session itself.
 */
export async function attach(
  client: NeverLiieIPC,
  session: SessionInfo,
  signal: AbortSignal,
): Promise<number> {
  checkPlace(session.id);
  const end = await show(client, session, signal);
  const name = `session ${session.id} (${plain(session.title)})`;
  if (end.type === "detached") {
    writeLine(`[detached from ${name}; to come back: neverliie terminal attach ${session.id}]`);
    return 0;
  }
  if (end.type === "killed") {
    writeLine(`[${name} was killed]`);
    return 0;
  }
  const how = end.signal === null ? `with code ${end.code}` : `by ${end.signal}`;
  writeLine(`[${name} ended ${how}]`);
  return end.code;
}

/** @throws {TypeError} Where a session cannot be shown. */
export function checkPlace(id: number | null): void {
  if (!hasTerminal()) {
    throw new TypeError(
      "Cannot attach: there is no terminal here; neverliie terminal list and neverliie terminal run " +
        "need none",
    );
  }
  const inside = Deno.env.get("NEVERLIIE_SESSION");
  if (inside !== undefined && (id === null || inside === String(id))) {
    throw new TypeError(
      `Cannot attach: this is session ${inside}; detach first (${PREFIX_NAME} d), ` +
        `or open one with --detached`,
    );
  }
}

/** What gives the window a title; nothing in the title ends it early. */
export function titleSequence(title: string): string {
  return `\x1b]2;${plain(title)}\x07`;
}

async function show(
  client: NeverLiieIPC,
  { id, title }: SessionInfo,
  signal: AbortSignal,
): Promise<End> {
  using screen = RawTerminal.open();
  const view = new AttachedView(client, id, screen);
  signal.addEventListener("abort", () => view.detach());
  try {
    // Its name in the window's title, as far as the terminal takes one.
    await screen.write(titleSequence(title));
    return await view.run();
  } catch (error) {
    if (!(error instanceof ConnectionLostError)) throw error;
    screen.close();
    throw new ConnectionLostError(`the terminal's host has ended, and session ${id} with it`);
  }
}

/** One view while it is attached. */
class AttachedView {
  readonly #client: NeverLiieIPC;
  readonly #id: number;
  readonly #screen: RawTerminal;
  readonly #keys = new Keys();
  readonly #events: IPCStream<AttachEvent>;
  #view = 0;
  /** Keys that were not sent yet. */
  #typed: Uint8Array[] = [];
  #typing: Promise<void> | null = null;
  #noted = false;
  /** Takes the first note away; not the one that came after it. */
  #noteTimer: ReturnType<typeof setTimeout> | undefined;
  #asking = false;
  #end: End = { type: "detached" };
  #failure: unknown;

  constructor(client: NeverLiieIPC, id: number, screen: RawTerminal) {
    this.#client = client;
    this.#id = id;
    this.#screen = screen;
    this.#events = client.stream<AttachEvent>("terminal", "attach", { id, ...screen.size });
  }

  /** Shows the session to its end, or to the view's. */
  async run(): Promise<End> {
    for await (const event of this.#events) {
      if (event.type === "attached") {
        this.#view = event.view;
        this.#screen.onResize((size) => this.#tell("resize", size));
        void this.#read();
      } else if (event.type === "exit") {
        if (this.#end.type !== "killed") this.#end = { ...event, type: "ended" };
      } else {
        await this.#screen.write(event.text);
        if (event.type === "screen" && !this.#noted) this.#greet();
      }
    }
    if (this.#failure !== undefined) throw this.#failure;
    return this.#end;
  }

  detach(): void {
    this.#events.cancel();
  }

  /** Reads keys as long as the process lives: a read cannot be taken back. */
  async #read(): Promise<void> {
    try {
      for (;;) {
        const bytes = await this.#screen.read();
        if (bytes === null) return this.detach();
        for (const typed of this.#keys.take(bytes)) this.#act(typed);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #act(typed: Typed): void {
    if (typed.type === "prefix") return this.#note(MENU);
    if (typed.type === "input") {
      if (this.#asking) return this.#answer(typed.bytes);
      return this.#type(typed.bytes);
    }
    switch (typed.command) {
      case "detach":
        return this.detach();
      case "kill":
        this.#asking = true;
        return this.#note("Kill this session and all that runs in it? y / n");
      case "help":
        return this.#note(MENU);
      default:
        this.#tell("redraw", {});
    }
  }

  #answer(bytes: Uint8Array): void {
    if (isFocus(bytes)) return this.#type(bytes);
    this.#asking = false;
    if (bytes[0] !== 0x79 && bytes[0] !== 0x59) return this.#tell("redraw", {});
    this.#end = { type: "killed" };
    const options = { timeout: Infinity };
    this.#client.call("terminal", "kill", { id: this.#id }, options)
      .catch((error) => this.#fail(error));
  }

  #type(bytes: Uint8Array): void {
    const waiting = this.#typed.reduce((sum, piece) => sum + piece.length, 0);
    if (waiting + bytes.length > KEYS_MAX) return void this.#screen.write("\x07");
    this.#typed.push(bytes.slice());
    this.#typing ??= this.#send().finally(() => this.#typing = null);
  }

  /** Sends keys, one call at a time: what is typed meanwhile goes together with the next. */
  async #send(): Promise<void> {
    while (this.#typed.length > 0) {
      const data = joinedBytes(this.#typed.splice(0));
      // A program that reads nothing for hours is no failure.
      const options = { timeout: Infinity, activate: false };
      await this.#client.call("terminal", "input", { id: this.#id, data }, options).catch(
        endIsToldByStream,
      );
    }
  }

  #tell(method: "resize" | "redraw", params: Record<string, number> | object): void {
    this.#client.call(
      "terminal",
      method,
      { id: this.#id, view: this.#view, ...params },
      { activate: false },
    ).catch(endIsToldByStream);
  }

  #greet(): void {
    this.#noted = true;
    this.#note(`session ${this.#id}   ${PREFIX_NAME} d: detach   ${PREFIX_NAME} ?: keys`);
    this.#noteTimer = setTimeout(() => this.#tell("redraw", {}), NOTE_TIME);
    Deno.unrefTimer(this.#noteTimer);
  }

  /** Shows a line in the upper right corner until the screen is drawn again. */
  #note(text: string): void {
    clearTimeout(this.#noteTimer);
    const { columns } = this.#screen.size;
    const shown = truncate(` ${text} `, columns);
    const column = columns - displayWidth(shown) + 1;
    const [on, off] = Deno.noColor ? ["", ""] : ["\x1b[0;7m", "\x1b[0m"];
    void this.#screen.write(`\x1b7\x1b[?6l\x1b[1;${column}H${on}${shown}${off}\x1b8`);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#events.cancel();
  }
}

/** A call that fails because the session or its host has ended: the stream tells that, too. */
function endIsToldByStream(): void {}
