/** The sessions of this process, and the methods by which others reach them. */
import type { NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { openPty } from "../../lib/pty/open.ts";
import { onceATurn } from "../once_a_turn.ts";
import { checkRunParams, commandLine, windowsShell } from "./command_line.ts";
import type {
  AttachEvent,
  AttachParams,
  InputParams,
  OpenParams,
  ResizeParams,
  SessionInfo,
  SessionParams,
  TerminalTopics,
  ViewParams,
} from "./contract.ts";
import { Session } from "./session.ts";
import { SESSIONS_SCHEMA } from "./session_schema.ts";

/** Sessions at a time; each is a process tree and some megabytes of scrollback. */
const RUNNING_MAX = 100;
/** Sessions that ended unseen and are kept. */
const ENDED_MAX = 20;

/** All sessions of the terminal's host. */
export class Sessions {
  readonly #sessions = new Map<number, Session>();
  #last = 0;
  /** Called after each change of what {@link list} tells. */
  #changed: () => void = () => {};

  /** Exposes the methods and tells of changes; the sessions end when the app leaves the mesh. */
  serve(ipc: NeverLiieIPC): void {
    ipc.expose("open", (params: OpenParams) => this.open(params), {
      params: ["command", "cwd", "env", "title", "columns", "rows", "scrollback"],
      description: "starts a session: a program in a pseudo-terminal, the user's shell by default",
    });
    ipc.expose("list", () => this.list(), {
      description: "the sessions: command, size, views, running or how they ended",
    });
    ipc.expose("attach", (params: AttachParams, { signal }) => this.attach(params, signal), {
      params: ["id", "columns", "rows", "history"],
      kind: "stream",
      description: "shows a session: its screen, then its output as it comes, then its exit code",
    });
    ipc.expose("input", (params: InputParams) => this.input(params), {
      params: ["id", "data"],
      description: "types into a session",
    });
    ipc.expose("resize", (params: ResizeParams) => this.resize(params), {
      params: ["id", "view", "columns", "rows"],
      description: "tells the size of a view; the session has the size of its smallest one",
    });
    ipc.expose("redraw", (params: ViewParams) => this.redraw(params), {
      params: ["id", "view"],
      description: "sends a view the whole screen again",
    });
    ipc.expose("kill", (params: SessionParams) => this.kill(params), {
      params: ["id"],
      description: "ends a session with all that it started",
    });
    const told = ipc.topic<TerminalTopics["sessions"]>("sessions", {
      retain: true,
      description: "the sessions, again after each change of them",
      jsonSchema: { item: SESSIONS_SCHEMA },
    });
    const tell = () => told.emit(this.list());
    tell();
    this.#changed = onceATurn(tell);
    void ipc.closed.then(() => this.close());
  }

  open(params: OpenParams): SessionInfo {
    const { command = ownShell(), cwd = Deno.cwd(), env, title, scrollback = 5_000 } = params;
    const { columns = 80, rows = 24 } = params;
    checkRunParams({ command, cwd, ...(env === undefined ? {} : { env }) });
    if (title !== undefined && typeof title !== "string") {
      throw new TypeError("Cannot open a session: title must be a text");
    }
    checkSize(columns, rows);
    checkWhole("scrollback", scrollback, 0, 50_000);
    if ([...this.#sessions.values()].filter(({ running }) => running).length >= RUNNING_MAX) {
      throw new Error(`Cannot open a session: ${RUNNING_MAX} run already; end some of them`);
    }
    const id = this.#last + 1;
    const pty = openPty({
      ...commandLine(command),
      cwd,
      env: environment(id, env),
      columns,
      rows,
    });
    this.#last = id;
    const session = new Session({
      id,
      title: title ?? null,
      command: Array.isArray(command) ? command.join(" ") : command,
      cwd,
      size: { columns, rows },
      scrollback,
      pty,
      changed: () => this.#changed(),
    });
    this.#sessions.set(id, session);
    this.#changed();
    void session.ended.then(() => this.#tidy());
    return session.info;
  }

  list(): SessionInfo[] {
    return [...this.#sessions.values()].map(({ info }) => info);
  }

  async *attach(params: AttachParams, signal: AbortSignal): AsyncGenerator<AttachEvent> {
    const { columns, rows, history } = params;
    const session = this.#find(params.id);
    checkSize(columns, rows);
    if (history !== undefined) checkWhole("history", history, 0, 50_000);
    try {
      yield* session.attach(params, signal);
    } finally {
      this.#tidy();
    }
  }

  async input({ id, data }: InputParams): Promise<null> {
    if (typeof data !== "string" && !(data instanceof Uint8Array)) {
      throw new TypeError("Cannot type: data must be a text, or bytes");
    }
    await this.#find(id).input(typeof data === "string" ? new TextEncoder().encode(data) : data);
    return null;
  }

  resize({ id, view, columns, rows }: ResizeParams): null {
    checkSize(columns, rows);
    const session = this.#find(id);
    session.resize(session.view(view), { columns, rows });
    return null;
  }

  redraw({ id, view }: ViewParams): null {
    this.#find(id).view(view).refresh();
    return null;
  }

  async kill({ id }: SessionParams): Promise<SessionInfo> {
    const session = this.#find(id);
    await session.kill();
    this.#forget(id);
    return session.info;
  }

  /** Ends all of them. */
  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.kill()));
  }

  #find(id: number): Session {
    const session = this.#sessions.get(id);
    if (session !== undefined) return session;
    throw new RangeError(
      `Cannot find session ${JSON.stringify(id) ?? "without an id"}: ` +
        (this.#sessions.size === 0
          ? "there is none"
          : `there are ${[...this.#sessions.keys()].join(", ")}`),
    );
  }

  /** Forgets sessions that ended and were seen, and the oldest of too many that ended unseen. */
  #tidy(): void {
    const ended = [...this.#sessions.values()].filter(({ running, info }) =>
      !running && info.views === 0
    );
    const seen = ended.filter(({ done }) => done);
    const unseen = ended.filter(({ done }) => !done);
    for (const { id } of [...seen, ...unseen.slice(0, -ENDED_MAX)]) this.#forget(id);
  }

  #forget(id: number): void {
    if (this.#sessions.delete(id)) this.#changed();
  }
}

function checkSize(columns: number, rows: number): void {
  checkWhole("columns", columns, 2, 1_000);
  checkWhole("rows", rows, 1, 1_000);
}

function checkWhole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(
    `Cannot use ${JSON.stringify(value) ?? "nothing"} for ${name}: ` +
      `give a whole number from ${least} to ${most}`,
  );
}

/** The shell that a window of its own would start. */
function ownShell(): string[] {
  return [
    Deno.build.os === "windows"
      ? Deno.env.get("ComSpec") || windowsShell()
      : Deno.env.get("SHELL") || "/bin/sh",
  ];
}

/** The variables for a session's program. */
function environment(id: number, own: Record<string, string> = {}): Record<string, string> {
  const env: Record<string, string> = {
    ...Deno.env.toObject(),
    ...own,
    TERM: "xterm-256color",
    COLORTERM: "truecolor",
    NEVERLIIE_SESSION: String(id),
  };
  // What the surrounding terminal said of its own size and kind is not true in here.
  for (const name of ["COLUMNS", "LINES", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "TMUX"]) {
    delete env[name];
  }
  return env;
}
