/**
 * The bench's end of the control connections: starts the measured programs, and gives them orders
 * (programs/control.mjs takes them). The connections are on the loopback interface, because that
 * works alike for Deno, Node and Python, on this system and under Wine.
 *
 * @module
 */

/** How long a program has to start, and how long one order may take, in milliseconds. */
const START_LIMIT = 60_000;
const ORDER_LIMIT = 120_000;
/** How much of a program's stderr an error shows, in characters. */
const ERROR_TAIL = 2_000;

/** A program could not be started, or could not do what it was told to. */
export class ProgramError extends Error {
  override readonly name = "ProgramError";
}

/** A program that takes orders. */
export interface Program extends AsyncDisposable {
  /** What it told of itself: versions. */
  readonly facts: Readonly<Record<string, string>>;
  /** Has it do something and returns what it says of that. */
  order<T>(what: string, parameters?: Record<string, unknown>): Promise<T>;
}

/** One started program's connection, once it has come. */
interface Link {
  facts: Record<string, string>;
  send(line: string): Promise<void>;
  lines: AsyncIterator<string>;
  close(): void;
}

/** Where the programs report. */
export class Control implements AsyncDisposable {
  readonly #listener = Deno.listen({ transport: "tcp", hostname: "127.0.0.1", port: 0 });
  readonly #expected = new Map<string, (link: Link) => void>();
  readonly #accepting = this.#accept();
  /** Programs that were started and not yet ended. */
  readonly #running = new Set<Deno.ChildProcess>();
  #closed = false;

  get #port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  /**
   * Starts a program; `command` gets the two arguments that lead it here.
   *
   * @throws {ProgramError} where it ends or is silent
   */
  async start(name: string, command: (args: string[]) => Deno.Command): Promise<Program> {
    if (this.#closed) throw new ProgramError(`${name} was not started: the bench is ending`);
    const token = crypto.randomUUID();
    const connected = new Promise<Link>((resolve) => this.#expected.set(token, resolve));
    const child = command([String(this.#port), token]).spawn();
    this.#running.add(child);
    void child.status.then(() => this.#running.delete(child));
    const output = collect(child);
    const ended = child.status.then(async ({ code }) => {
      throw new ProgramError(`${name} ended with code ${code}${await output}`);
    });
    // Looked at again with every order.
    ended.catch(() => {});
    try {
      const late = limit(START_LIMIT, `${name} did not report within ${START_LIMIT / 1000} s`);
      const link = await race([connected, ended], late);
      return new RunningProgram(name, child, link, ended);
    } catch (error) {
      end(child);
      throw error;
    } finally {
      this.#expected.delete(token);
    }
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) void this.#welcome(conn);
  }

  async #welcome(conn: Deno.TcpConn): Promise<void> {
    const lines = readLines(conn);
    try {
      const { value, done } = await lines.next();
      if (done) return conn.close();
      const { token, facts } = JSON.parse(value) as { token: string; facts: Link["facts"] };
      const send = async (line: string) => {
        const bytes = new TextEncoder().encode(line + "\n");
        for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
      };
      const resolve = this.#expected.get(token);
      if (resolve === undefined) conn.close();
      else resolve({ facts, send, lines, close: () => conn.close() });
    } catch {
      // Who breaks off while reporting in is waited for by name; its end tells what happened.
      conn.close();
    }
  }

  /** Ends the programs that are still there. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#listener.close();
    await this.#accepting;
    await Promise.all([...this.#running].map((child) => {
      end(child);
      return child.status;
    }));
  }
}

class RunningProgram implements Program {
  readonly facts: Readonly<Record<string, string>>;
  readonly #name: string;
  readonly #child: Deno.ChildProcess;
  readonly #link: Link;
  readonly #ended: Promise<never>;

  constructor(name: string, child: Deno.ChildProcess, link: Link, ended: Promise<never>) {
    this.#name = name;
    this.#child = child;
    this.#link = link;
    this.#ended = ended;
    this.facts = link.facts;
  }

  async order<T>(what: string, parameters: Record<string, unknown> = {}): Promise<T> {
    const late = limit(ORDER_LIMIT, `${this.#name}: "${what}" took over ${ORDER_LIMIT / 1000} s`);
    const answered = this.#link.send(JSON.stringify({ do: what, ...parameters }))
      .then(() => this.#link.lines.next());
    const { value, done } = await race([answered, this.#ended], late);
    if (done) return await this.#ended;
    const { value: result, error } = JSON.parse(value) as { value: T; error?: string };
    if (error !== undefined) throw new ProgramError(`${this.#name}: "${what}": ${error}`);
    return result;
  }

  /** Hangs up, which ends the program. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#link.close();
    } catch (error) {
      // The program hung up first.
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
    const kill = setTimeout(() => end(this.#child), 5_000);
    await this.#child.status;
    clearTimeout(kill);
  }
}

/** A wait that fails, and that can be taken back. */
function limit(milliseconds: number, message: string) {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new ProgramError(message)), milliseconds);
  return { promise, clear: () => clearTimeout(timer) };
}

async function race<T>(promises: Promise<T>[], late: ReturnType<typeof limit>): Promise<T> {
  try {
    return await Promise.race([...promises, late.promise]);
  } finally {
    late.clear();
  }
}

function end(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    // It has ended by itself.
    if (!(error instanceof Deno.errors.NotFound) && !(error instanceof TypeError)) throw error;
  }
}

/** The end of what a program wrote to stderr, where that is a pipe. */
async function collect(child: Deno.ChildProcess): Promise<string> {
  let stream: ReadableStream<Uint8Array>;
  try {
    stream = child.stderr;
  } catch (error) {
    if (error instanceof TypeError) return ""; // not a pipe
    throw error;
  }
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    text = (text + part).slice(-ERROR_TAIL);
  }
  const said = text.trim();
  // What went wrong on the first line, for the table; all of it below, for who looks closer.
  const [why = ""] = said.split("\n").filter((line) => /error/i.test(line));
  return said === "" ? "" : `: ${why.trim()}\n${said}`;
}

async function* readLines(conn: Deno.TcpConn): AsyncGenerator<string, undefined> {
  const buffer = new Uint8Array(64 << 10);
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    let count: number | null;
    try {
      count = await conn.read(buffer);
    } catch {
      return; // closed on either side
    }
    if (count === null) return;
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n")) {
      yield text.slice(0, at);
      text = text.slice(at + 1);
    }
  }
}
