/**
 * Lines about sessions of the terminal: what Windows' own pseudo-consoles show and take.
 *
 * @module
 */
import { join } from "@std/path";
import type { AttachEvent, OpenParams, SessionInfo } from "../../apps/terminal/contract.ts";
import { scriptCommand, type TestMesh } from "../support/mesh/mesh.ts";
import type { Line } from "./line.ts";

/** Milliseconds until something is given up that does not appear. */
const PATIENCE = 15_000;

const NOTHING = "nothing";
const UNDER_WINE = "shown: nothing";

const FIGURES = "STATUS_CONTROL_C_EXIT";
const STATUS_CONTROL_C_EXIT = 0xc000_013a;
const KEYS = "äñéßю漢🦕";
const LINES = 3_000;
const OWN_CODE = 7;
const VERSION = "version 1.2.3";

export const SESSION_LINES: readonly Line[] = [
  {
    id: "session-output",
    prints: "shown: output of a session; asked of the view: nothing",
    wine: UNDER_WINE,
    async run(mesh) {
      const seen = await watch(mesh, { command: "echo output of a session" });
      const shown = /output of a session/.exec(seen.text)?.[0];
      passesOn = shown !== undefined;
      if (shown === undefined) return `shown: ${NOTHING}`;
      // Windows' notation of keys, which makes every key a sequence, and reports of the focus.
      // deno-lint-ignore no-control-regex -- an escape sequence is meant
      const asked = [...seen.raw.matchAll(/\x1b\[\?9001h/g)].length;
      return `shown: ${shown}; asked of the view: ${asked === 0 ? NOTHING : "win32-input-mode"}`;
    },
  },
  {
    id: "session-end",
    prints: `shown last: line ${LINES}`,
    wine: UNDER_WINE,
    async run(mesh) {
      const command = `for /l %i in (1,1,${LINES}) do @echo line %i`;
      const seen = await watch(mesh, { command, rows: 10 });
      const last = [...seen.text.matchAll(/line \d+/g)].at(-1)?.[0];
      return last === undefined ? `shown: ${NOTHING}` : `shown last: ${last}`;
    },
  },
  {
    id: "session-keys",
    prints: `typed: <${KEYS}>`,
    wine: UNDER_WINE,
    async run(mesh) {
      const command = scriptCommand("tests/checklist/echo_keys.ts");
      const seen = await watch(mesh, { command: [...command, "keys"] }, async (text, session) => {
        if (!text.includes("ready") || session.told) return /<.*>/s.test(text);
        session.told = true;
        await mesh.ipc.call("terminal", "input", { id: session.id, data: `${KEYS}\r` });
        return false;
      });
      const typed = /<.*>/s.exec(seen.text)?.[0];
      return typed === undefined ? `shown: ${NOTHING}` : `typed: ${typed}`;
    },
  },
  {
    id: "session-interrupt",
    prints: `Ctrl-C: ended with ${STATUS_CONTROL_C_EXIT} (${FIGURES})`,
    wine: UNDER_WINE,
    async run(mesh) {
      const code = "console.log('ready'); setInterval(() => {}, 1000)";
      const command = [Deno.execPath(), "eval", "--no-config", "--ext=js", code];
      const seen = await watch(mesh, { command }, async (text, session) => {
        if (!text.includes("ready") || session.told) return false;
        session.told = true;
        await mesh.ipc.call("terminal", "input", { id: session.id, data: "\x03" });
        return false;
      });
      if (!seen.text.includes("ready")) return `shown: ${NOTHING}`;
      const { exit } = seen;
      if (exit === null) return "Ctrl-C: nothing happened";
      return `Ctrl-C: ended with ${exit}${exit === STATUS_CONTROL_C_EXIT ? ` (${FIGURES})` : ""}`;
    },
  },
  {
    id: "session-size",
    prints: "the program's size: <80 x 24>, then <100 x 30>",
    wine: UNDER_WINE,
    async run(mesh) {
      const command = scriptCommand("tests/checklist/echo_keys.ts");
      const seen = await watch(mesh, { command: [...command, "size"] }, async (text, session) => {
        if (/<100 x 30>/.test(text)) return true;
        if (!/<80 x 24>/.test(text) || session.told) return false;
        session.told = true;
        const { view } = session;
        await mesh.ipc.call("terminal", "resize", {
          ...{ id: session.id, view },
          ...{ columns: 100, rows: 30 },
        });
        return false;
      });
      const sizes = [...new Set([...seen.text.matchAll(/<\d+ x \d+>/g)].map(([size]) => size))];
      return sizes.length === 0
        ? `shown: ${NOTHING}`
        : `the program's size: ${sizes.join(", then ")}`;
    },
  },
  {
    id: "session-background",
    prints: `what it started with "start /b" does not hold it: ended with ${OWN_CODE}`,
    wine: UNDER_WINE,
    async run(mesh) {
      // (It would go on for a minute.)
      const command = `start /b ping -n 60 127.0.0.1 & exit ${OWN_CODE}`;
      const { exit } = await watch(mesh, { command });
      if (!passesOn) return `shown: ${NOTHING}`;
      const end = exit === null ? "it went on" : `ended with ${exit}`;
      return `what it started with "start /b" does not hold it: ${end}`;
    },
  },
  {
    id: "session-batch",
    prints: `as a list: refused as a batch file; as one text: ${VERSION}`,
    wine: `as a list: refused as a batch file; as one text: ${NOTHING}`,
    async run(mesh) {
      await mesh.seed();
      await Deno.writeTextFile(join(mesh.home, "tool.cmd"), `@echo ${VERSION}\r\n`);
      const cwd = mesh.home;
      const list = await mesh.ipc.call("terminal", "open", { command: ["tool.cmd", "-v"], cwd })
        .then(() => "taken", (error: Error) => error.message);
      const refused = /it is a batch file, and a shell would read them; give one text$/.test(list);
      const seen = await watch(mesh, { command: "tool -v", cwd });
      const shown = seen.text.includes(VERSION) ? VERSION : NOTHING;
      return `as a list: ${refused ? "refused as a batch file" : list}; as one text: ${shown}`;
    },
  },
];

/** A session while it is watched. */
interface Watched {
  readonly id: number;
  readonly view: number;
  /** Whether it was told already what it waits for. */
  told: boolean;
}

/** What was seen of a session. */
interface Seen {
  /** What came, as it came. */
  readonly raw: string;
  /** The same without escape sequences. */
  readonly text: string;
  /** The program's exit code; null while it runs. */
  readonly exit: number | null;
}

/** Whether pseudo-consoles pass anything on here: where they do not, nothing is waited for again. */
let passesOn: boolean | null = null;

/**
 * Opens a session, looks on until its program ends or `enough` says so, and ends it.
 *
 * @param enough asked after each piece; what it does is waited for
 */
async function watch(
  mesh: TestMesh,
  params: OpenParams,
  enough: (text: string, session: Watched) => Promise<boolean> | boolean = () => false,
): Promise<Seen> {
  if (passesOn === false) return { raw: "", text: "", exit: null };
  await mesh.seed();
  const { id } = await mesh.ipc.call<SessionInfo>("terminal", "open", {
    cwd: Deno.cwd(),
    ...params,
  });
  const signal = AbortSignal.timeout(PATIENCE);
  const size = { columns: 80, rows: params.rows ?? 24 };
  const events = mesh.ipc.stream<AttachEvent>("terminal", "attach", { id, ...size });
  signal.addEventListener("abort", () => events.cancel());
  let raw = "";
  let exit: number | null = null;
  let session: Watched = { id, view: 0, told: false };
  try {
    for await (const event of events) {
      if (event.type === "attached") session = { ...session, view: event.view };
      else if (event.type === "exit") exit = event.code;
      else {
        raw += event.text;
        if (await enough(plain(raw), session)) break;
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  await mesh.ipc.call("terminal", "kill", { id }).catch(() => {
    // It has ended by itself and was seen to.
  });
  return { raw, text: plain(raw), exit };
}

/** Text without escape sequences: a cursor that is moved to the right is a space. */
function plain(text: string): string {
  // deno-lint-ignore no-control-regex -- escape sequences are meant
  return text.replaceAll(/\x1b\[\d*C/g, " ").replaceAll(/\x1b\][^\x07\x1b]*(\x07|\x1b\\)/g, "")
    // deno-lint-ignore no-control-regex -- as above
    .replaceAll(/\x1b\[[\d;?<>=!]*[ -/]*[@-~]|\x1b[@-Z\\^_=>78]/g, "");
}
