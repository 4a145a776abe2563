/**
 * What is typed in a console of Windows arrives in a session letter by letter: the real front end
 * in a console of its own, and keys as Windows hands them out. The session is told by an app that
 * plays the terminal's host, as under Wine a pseudo-console takes nothing typed. Elsewhere,
 * tests/screens/sessions_test.ts shows the same.
 */

import { assertEquals } from "@std/assert";
import type { AttachEvent, InputParams } from "../../apps/terminal/contract.ts";
import { NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { ConsoleProgram } from "../support/mesh/console_program.ts";
import { meshTest, suiteCommand, type TestMesh, until, WINDOWS } from "../support/mesh/mesh.ts";
import { sessionInfo } from "../support/mesh/session_info.ts";

const SESSION = sessionInfo({ cwd: "C:\\" });

/** A host of one session, which keeps what is typed. */
class Host implements AsyncDisposable {
  readonly #ipc: NeverLiieIPC;
  readonly #decoder = new TextDecoder();
  typed = "";
  attached = false;

  static async open(mesh: TestMesh): Promise<Host> {
    return new Host(await NeverLiieIPC.open("terminal", { home: mesh.home, launch: false }));
  }

  private constructor(ipc: NeverLiieIPC) {
    this.#ipc = ipc;
    ipc.expose("list", () => [SESSION]);
    ipc.expose("attach", (_params, { signal }) => this.#attach(signal));
    ipc.expose("input", ({ data }: InputParams) => this.#input(data));
    ipc.expose("resize", () => null);
    ipc.expose("redraw", () => null);
  }

  async *#attach(signal: AbortSignal): AsyncGenerator<AttachEvent, void, void> {
    yield { type: "attached", view: 1, session: SESSION };
    this.attached = true;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  }

  #input(data: InputParams["data"]): void {
    this.typed += typeof data === "string" ? data : this.#decoder.decode(data, { stream: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ipc.close();
  }
}

if (WINDOWS) {
  meshTest("letters of every kind that are typed arrive, and Ctrl-\\ d leaves", async (mesh) => {
    await using host = await Host.open(mesh);
    const env = { NEVERLIIE_HOME: mesh.home };
    using front = new ConsoleProgram([...suiteCommand("terminal"), "attach", "1"], env);
    await until(() => host.attached);
    const [first, second] = "🦕".split("");
    const letters = "plain äñéßю漢 ";
    await front.type(letters + first);
    await until(() => host.typed.length >= letters.length);
    assertEquals(host.typed, letters);
    await front.type(`${second}\x1b[A\x03`);
    await until(() => host.typed.endsWith("\x03"));
    assertEquals(host.typed, `${letters}🦕\x1b[A\x03`);
    // It reads on, and leaves all the same.
    await front.type("\x1cd");
    await until(() => front.exitCode !== null);
    assertEquals(front.exitCode, 0);
  });
}
