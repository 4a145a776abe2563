/**
 * A real terminal for tests: tmux, which keeps what a program shows.
 *
 * @module
 */
import { join } from "@std/path";
import { endOf, logsOf, patient } from "../run/watchdog.ts";

/** Milliseconds between two looks at the screen. */
const LOOK = 30;
/** Milliseconds after which a screen that never comes is a failure. */
const LIMIT = 30_000;

/** How a terminal is opened. */
export interface TerminalOptions {
  columns?: number;
  rows?: number;
  /** On top of this process's environment; `undefined` takes a variable away. */
  env?: Record<string, string | undefined>;
  cwd?: string;
}

/** One program in a terminal of its own. */
export class Terminal implements AsyncDisposable {
  readonly #folder: string;
  readonly #env: Record<string, string>;

  private constructor(folder: string, env: Record<string, string>) {
    this.#folder = folder;
    this.#env = env;
  }

  /** Runs a command in a new terminal, 80x24 unless told. */
  static async open(command: readonly string[], options: TerminalOptions = {}): Promise<Terminal> {
    const { columns = 80, rows = 24, env = {}, cwd = Deno.cwd() } = options;
    const folder = await Deno.makeTempDir({ prefix: "neverliie-tmux-" });
    const variables: Record<string, string> = {};
    const wanted = { ...Deno.env.toObject(), NO_COLOR: undefined, CI: undefined, ...env };
    for (const [name, value] of Object.entries(wanted)) {
      if (value !== undefined && !/^TMUX/.test(name)) variables[name] = value;
    }
    const terminal = new Terminal(folder, variables);
    await Deno.writeTextFile(
      join(folder, "tmux.conf"),
      [
        "set-option -g status off",
        'set-option -g default-terminal "tmux-256color"',
        "set-option -s escape-time 0",
        "",
      ].join("\n"),
    );
    // The program's own words end the options, so that none of them is taken for one of tmux.
    const own = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    const size = ["-x", String(columns), "-y", String(rows)];
    const term = env.TERM === undefined ? "" : `TERM='${env.TERM}' `;
    // The terminal stays after the program, with what it left there.
    const then = `printf '\\n[exit code %s]' $?; exec sleep 1000`;
    await terminal.#tmux("new-session", "-d", ...size, "-c", cwd, `${term}env ${own}; ${then}`);
    return terminal;
  }

  /** What the terminal shows, line by line, without trailing space. */
  async lines(): Promise<string[]> {
    const text = await this.#tmux("capture-pane", "-p", "-N");
    return text.split("\n").map((line) => line.trimEnd());
  }

  /** The same with escape sequences for colours. */
  async coloured(): Promise<string> {
    return await this.#tmux("capture-pane", "-p", "-e");
  }

  /** A figure of tmux's own about the terminal, such as "alternate_on". */
  async figure(name: string): Promise<string> {
    return (await this.#tmux("display-message", "-p", `#{${name}}`)).trim();
  }

  /**
   * Waits until the screen shows the pattern, and returns its text.
   *
   * @throws {Error} with the screen and the ends of the logs of its home, after half a minute.
   */
  async until(pattern: RegExp | string): Promise<string> {
    const shows = (text: string) =>
      typeof pattern === "string" ? text.includes(pattern) : pattern.test(text);
    return await this.#wait(shows, String(pattern));
  }

  /** Waits until the screen no longer shows the pattern, and returns its text. */
  async gone(pattern: RegExp): Promise<string> {
    return await this.#wait((text) => !pattern.test(text), `something other than ${pattern}`);
  }

  /** Waits until the program has ended; its exit code, and all that the terminal has then. */
  async ended(): Promise<{ code: number; text: string }> {
    const pattern = /\[exit code (\d+)\]/;
    const { 1: code } = pattern.exec(await this.until(pattern))!;
    // With what has scrolled away: a stack has more lines where paths are long.
    return { code: Number(code), text: await this.#tmux("capture-pane", "-p", "-S", "-") };
  }

  /** The process of the program. */
  async pid(): Promise<number> {
    const shell = await this.figure("pane_pid");
    const { stdout } = await new Deno.Command("ps", { args: ["-o", "pid=", "--ppid", shell] })
      .output();
    return Number(new TextDecoder().decode(stdout).trim());
  }

  /** Types text. */
  async type(text: string): Promise<void> {
    await this.#tmux("send-keys", "-l", "--", text);
  }

  /** Presses keys by tmux's names: "Enter", "Escape", "Up", "C-c". */
  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.#tmux("send-keys", key);
  }

  /** Changes the size. */
  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pid = Number(await this.figure("pid"));
    await this.#tmux("kill-server");
    while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, LOOK));
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #wait(holds: (text: string) => boolean, what: string): Promise<string> {
    const deadline = performance.now() + patient(LIMIT);
    for (;;) {
      const text = (await this.lines()).join("\n");
      if (holds(text)) return text;
      if (performance.now() > deadline) {
        const home = this.#env.NEVERLIIE_HOME;
        const logs = home === undefined ? [] : logsOf(home).map(endOf);
        throw new Error([`The terminal does not show ${what}:`, text, ...logs].join("\n"));
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
  }

  async #tmux(...args: string[]): Promise<string> {
    const files = ["-S", join(this.#folder, "socket"), "-f", join(this.#folder, "tmux.conf")];
    let output: Deno.CommandOutput;
    try {
      output = await new Deno.Command("tmux", {
        args: ["-u", ...files, ...args],
        clearEnv: true,
        env: this.#env,
      }).output();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new Error("These tests need tmux: apt-get install tmux", { cause: error });
    }
    const { success, stdout, stderr } = output;
    if (!success) throw new Error(`tmux ${args[0]}: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout);
  }
}

function isAlive(pid: number): boolean {
  try {
    Deno.statSync(`/proc/${pid}`);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
