/**
 * What real terminals are sent where names are hostile: every byte of it, by a pseudo-terminal of
 * lib/pty. (tmux would obey the sequences and show nothing of them.)
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { openPty } from "../../lib/pty/open.ts";
import { meshTest, suiteCommand, type TestMesh } from "../support/mesh/mesh.ts";
import { waitingFor } from "../support/run/watchdog.ts";

/** A title for the window, colours, a link, and an override, in one name. */
const EVIL = "Zap\x1b]0;pwned\x07\x1b[35m\x1b]8;;http://evil\x1b\\\u202e\x9dexe";
const PLAIN = "Zapexe";
const UNSAFE = /pwned|\[35m|evil|[\x80-\x9f\u202a-\u202e\u2066-\u2069]/;

/** A program in a terminal, and all that it has sent there. */
class Watched implements AsyncDisposable {
  readonly #pty;
  readonly #name: string;
  readonly #all: Promise<void>;
  text = "";

  constructor(mesh: TestMesh, command: readonly string[], env: Record<string, string> = {}) {
    this.#name = command.join(" ");
    this.#pty = openPty({
      program: command[0]!,
      args: command.slice(1),
      cwd: Deno.cwd(),
      env: { ...Deno.env.toObject(), TERM: "xterm-256color", NEVERLIIE_HOME: mesh.home, ...env },
      columns: 110,
      rows: 30,
    });
    this.#all = this.#read();
  }

  /** Waits until the pattern was sent. */
  until(pattern: RegExp): Promise<void> {
    return waitingFor(`${pattern} from ${this.#name}`, async () => {
      while (!pattern.test(this.text)) await new Promise((resolve) => setTimeout(resolve, 20));
    }, () => this.text);
  }

  async type(keys: string): Promise<void> {
    await this.#pty.write(new TextEncoder().encode(keys));
  }

  /** Waits for the program's end; all that it sent. */
  async end(): Promise<string> {
    await this.#all;
    return this.text;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for (let bytes; (bytes = await this.#pty.read()) !== null;) {
      this.text += decoder.decode(bytes, { stream: true });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pty.close();
    await this.#all;
  }
}

/** What a program that ends by itself sends to a terminal. */
async function sent(mesh: TestMesh, ...command: string[]): Promise<string> {
  await using watched = new Watched(mesh, command);
  // Deno clears the line of its own progress first.
  // deno-lint-ignore no-control-regex
  return (await watched.end()).replace(/^(\x1b\[0G\x1b\[2K\x1b\[J)+/, "");
}

function assertPlain(text: string): void {
  const found = UNSAFE.exec(text);
  assertEquals(found === null ? null : JSON.stringify(text.slice(found.index - 20)), null);
}

if (Deno.build.os === "linux") {
  meshTest("plain: what the command shows of an app on a terminal", async (mesh) => {
    await using hostile = await NeverLiieIPC.open("hostile", {
      home: mesh.home,
      launch: false,
      handleSignals: false,
    });
    hostile.expose("say", () => EVIL, { description: EVIL });
    hostile.expose("object", () => ({ [EVIL]: EVIL }));
    hostile.expose("fail", () => {
      throw new Error(EVIL);
    });
    const neverliie = suiteCommand("neverliie");
    for (
      const [args, shown] of [
        [["describe", "hostile"], /say +call +ZapExe/i],
        // Data, which a pipe gets as it is.
        [["call", "hostile", "say"], /^Zap ?exe\r\n$/],
        [["call", "hostile", "fail"], /neverliie: Zap ?exe\r\n/],
      ] as const
    ) {
      const text = await sent(mesh, ...neverliie, ...args);
      assertPlain(text);
      assertMatch(text.replaceAll("Zap exe", PLAIN), shown);
    }
    const object = await sent(mesh, ...neverliie, "call", "hostile", "object");
    // deno-lint-ignore no-control-regex
    assert(!/[\x1b\x80-\x9f\u202e]/.test(object), JSON.stringify(object));
    assertEquals(JSON.parse(object), { [EVIL]: EVIL });
  });

  meshTest("plain: the launcher's entries, the scanner's report and its progress", async (mesh) => {
    const applications = join(mesh.home, "data", "applications");
    Deno.mkdirSync(applications, { recursive: true });
    Deno.writeTextFileSync(
      join(applications, "zap.desktop"),
      `[Desktop Entry]\nType=Application\nName=${EVIL}\nComment=${EVIL}\nExec=true\n`,
    );
    const data = join(mesh.home, "data");
    const env = { XDG_DATA_HOME: data, XDG_DATA_DIRS: data };
    await using launcher = new Watched(mesh, suiteCommand("launcher"), env);
    await launcher.until(/Search programs/);
    await launcher.type("zap");
    await launcher.until(/Zap.*Zap ?exe.*program/s);
    await launcher.type("\r");
    await launcher.until(/was started/);
    await launcher.type("\x03");
    assertPlain(await launcher.end());

    const folder = join(mesh.home, EVIL.replaceAll("/", "_"));
    Deno.mkdirSync(folder);
    Deno.writeTextFileSync(join(folder, EVIL.replaceAll("/", "_")), "x");
    const report = await sent(mesh, ...suiteCommand("scanner"), folder);
    assertPlain(report);
    assertStringIncludes(report, "Largest files");
  });

  meshTest("plain: a title that a session's program sets, in the list and in a message", async (
    mesh,
  ) => {
    const terminal = suiteCommand("terminal");
    // (A control character would end the title.)
    const script = "printf '\\033]2;Zap\\342\\200\\256exe\\007'; read x";
    const opened = await mesh.run([...terminal, "open", "--detached", script]);
    assertEquals([opened.code, opened.stderr], [0, ""]);
    for (;;) {
      const list = await sent(mesh, ...terminal, "list");
      assertPlain(list);
      // (Until it has set it, the title is the command.)
      if (/Zap ?exe/.test(list)) break;
    }
    const killed = await sent(mesh, ...terminal, "kill", "1");
    assertPlain(killed);
    assertMatch(killed, /session 1 \(Zap ?exe\) was killed/);
  });
}
