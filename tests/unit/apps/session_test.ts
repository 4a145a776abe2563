/**
 * How a session ends, by a pseudo-terminal whose every step is the test's own: what a console of
 * Windows takes its time for cannot be had elsewhere. tests/mesh/terminal_test.ts has real ones.
 */
import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import xterm from "@xterm/headless";
import type { AttachEvent } from "../../../apps/terminal/contract.ts";
import { conptyBuild, ScreenModel } from "../../../apps/terminal/screen_model.ts";
import { Session } from "../../../apps/terminal/session.ts";
import type { Pty, PtyExit } from "../../../lib/pty/pty.ts";

/** A terminal that shows what it is told to. */
class TestPty implements Pty {
  readonly pid = 1;
  readonly #exit = Promise.withResolvers<PtyExit>();
  readonly exit = this.#exit.promise;
  /** Resolving it is the end of the terminal. */
  readonly gone = Promise.withResolvers<void>();
  closed = false;
  #pieces: Uint8Array[] = [];
  #waiting: ((bytes: Uint8Array | null) => void) | null = null;

  show(text: string): void {
    this.#pieces.push(new TextEncoder().encode(text));
    this.#serve();
  }

  end(code: number): void {
    this.#exit.resolve({ code, signal: null });
  }

  read(): Promise<Uint8Array | null> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
      this.#serve();
    });
  }

  #serve(): void {
    const bytes = this.closed ? null : this.#pieces.shift();
    if (bytes === undefined) return;
    this.#waiting?.(bytes);
    this.#waiting = null;
  }

  write(): Promise<void> {
    return Promise.resolve();
  }

  resize(): void {}

  close(): Promise<void> {
    this.closed = true;
    this.#serve();
    return this.gone.promise;
  }
}

function open(pty: Pty): Session {
  const size = { columns: 80, rows: 24 };
  return new Session({ id: 1, title: null, command: "x", cwd: "/", size, scrollback: 100, pty });
}

/** All that a view is told, as text; its exit code at the end. */
async function watch(session: Session): Promise<{ text: string; code: number }> {
  const signal = new AbortController().signal;
  let text = "";
  let last: AttachEvent | undefined;
  for await (const event of session.attach({ id: 1, columns: 80, rows: 24 }, signal)) {
    if (event.type === "output" || event.type === "screen") text += event.text;
    last = event;
  }
  assert(last?.type === "exit");
  return { text, code: last.code };
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

Deno.test("a session shows what comes in pieces after its program's end, but not for ever", async () => {
  const pty = new TestPty();
  pty.gone.resolve();
  const session = open(pty);
  const seen = watch(session);
  pty.show("first ");
  pty.end(7);
  const since = performance.now();
  let count = 0;
  while (!pty.closed) {
    // Longer in all than any pause that would end it, each of them shorter.
    await pause(200);
    pty.show(`piece-${++count} `);
  }
  assertLess(performance.now() - since, 6_000);
  const { text, code } = await seen;
  assertEquals(code, 7);
  for (let i = 1; i <= 5; i++) assertStringIncludes(text, `piece-${i} `);
  await session.ended;
});

Deno.test("a session's end is told before its terminal is gone", async () => {
  const pty = new TestPty();
  const session = open(pty);
  const seen = watch(session);
  pty.show("all");
  pty.end(3);
  const { text, code } = await seen;
  assertEquals(code, 3);
  assertStringIncludes(text, "all");
  assertEquals([session.info.code, session.running, pty.closed], [3, false, true]);
  let gone = false;
  const ended = session.ended.then(() => gone = true);
  await pause(0);
  assertEquals(gone, false);
  pty.gone.resolve();
  await ended;
});

/** The lines of a screen, from a terminal of that size that it was drawn on. */
async function lines(model: ScreenModel): Promise<string[]> {
  const { columns, rows } = model.size;
  const view = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  const text = await model.settled(() => model.paint(model.size));
  await new Promise<void>((resolve) => view.write(text, resolve));
  const { active } = view.buffer;
  const shown = Array.from(
    { length: rows },
    (_, row) => active.getLine(row)!.translateToString(true),
  );
  view.dispose();
  return shown;
}

async function model(conpty: number | null): Promise<ScreenModel> {
  const screen = new ScreenModel({ columns: 10, rows: 4 }, 100, () => {}, () => {}, conpty);
  await screen.write("1\r\n2\r\n3\r\n4\r\n5\r\nabcdefghijklmno\r\n$");
  return screen;
}

Deno.test("ScreenModel moves lines at a change of size as the pseudo-console does", async () => {
  const grown = async (conpty: number | null, columns: number, rows: number) => {
    const screen = await model(conpty);
    screen.resize({ columns, rows });
    const shown = await lines(screen);
    screen.dispose();
    return shown;
  };
  // Higher: a terminal brings lines back, a pseudo-console leaves them and makes empty ones.
  assertEquals(await grown(null, 10, 6), ["3", "4", "5", "abcdefghij", "klmno", "$"]);
  assertEquals(await grown(22_631, 10, 6), ["5", "abcdefghij", "klmno", "$", "", ""]);
  // Wider: a line that was broken is joined, but by old pseudo-consoles.
  assertEquals((await grown(null, 20, 4)).slice(-2), ["abcdefghijklmno", "$"]);
  assert((await grown(22_631, 20, 4)).includes("abcdefghijklmno"));
  assertEquals((await grown(19_045, 20, 4)).slice(-3), ["abcdefghij", "klmno", "$"]);
});

Deno.test("conptyBuild tells the build of Windows, and nothing elsewhere", () => {
  assertEquals(conptyBuild("linux", () => "6.1.0"), null);
  assertEquals(conptyBuild("windows", () => "10.0.22631"), 22_631);
  assertEquals(conptyBuild("windows", () => "10.0.19045 beta"), 19_045);
  assertEquals(conptyBuild("windows", () => "unknown"), 17_763);
  assertEquals(conptyBuild() !== null, Deno.build.os === "windows");
});

Deno.test("a session tells of each change that its info shows, and of no other", async () => {
  const pty = new TestPty();
  const told: string[] = [];
  const size = { columns: 80, rows: 24 };
  const session: Session = new Session({
    ...{ id: 1, title: null, command: "x", cwd: "/", size, scrollback: 100, pty },
    changed: () => told.push(session.info.title),
  });
  // The same title again, as before each prompt, and one that says no more than the command.
  const titles = ["x", "one", "one", "two"];
  pty.show(titles.map((title) => `\x1b]0;${title}\x07`).join(""));
  pty.end(0);
  pty.gone.resolve();
  await session.ended;
  assertEquals(told, ["one", "two", "two"]);
});
