/**
 * Apps that a person started in a terminal, and what becomes of them when that is closed. On Windows
 * a thread of theirs waits for it: console_close.ts. Wine ends what is in a console that is closed
 * and calls no handler, so there the app is only asked to leave; that the thread's handler does its
 * part is in tests/transport/windows_console_test.ts.
 */
import { assertEquals } from "@std/assert";
import { openPty } from "../../lib/pty/open.ts";
import type { Pty } from "../../lib/pty/pty.ts";
import { lastLines } from "../../apps/neverliie/logs/last_lines.ts";
import { recordsFile } from "../../apps/app_record.ts";
import { meshTest, suiteCommand, type TestMesh } from "../support/mesh/mesh.ts";
import { until } from "../support/run/watchdog.ts";

const WINE = Deno.env.has("WINEPREFIX");
/** Milliseconds after which a program minds its window, and some more: nothing tells that it does. */
const SETTLED = 2_500;

/** Serves in a terminal of its own until `leave` has been done; resolves to why it left. */
async function inTerminal(mesh: TestMesh, leave: (pty: Pty) => Promise<unknown>): Promise<string> {
  const [program, ...args] = [...suiteCommand("scanner"), "--host"];
  const { pty, shown } = openTerminal(program!, args, mesh);
  try {
    await until(async () => await mesh.ipc.call("scanner", "$/ping", {}, ASLEEP).then(yes, no));
    const { started } = await mesh.ipc.call<{ started: number }>("scanner", "$/describe", {});
    await until(() => Date.now() - started > SETTLED);
    await leave(pty);
    await pty.exit;
    await shown;
  } finally {
    await pty.close();
  }
  const records = (await lastLines(recordsFile(mesh.ipc.home, "scanner"), 1))!;
  const { message, properties } = JSON.parse(records[0]!);
  assertEquals([message, properties.pid], ["left", pty.pid]);
  return properties.why;
}

const ASLEEP = { activate: false };
const yes = () => true;
const no = () => false;

function openTerminal(program: string, args: string[], { home }: TestMesh) {
  const env = { ...Deno.env.toObject(), NEVERLIIE_HOME: home };
  const pty = openPty({ program, args, env, cwd: Deno.cwd(), columns: 80, rows: 24 });
  const shown = (async () => {
    while (await pty.read() !== null);
  })();
  return { pty, shown };
}

if (!WINE) {
  meshTest("an app whose window is closed leaves the mesh before it ends", async (mesh) => {
    const why = await inTerminal(mesh, (pty) => pty.close());
    assertEquals(why, "it got SIGHUP");
  });
}

meshTest("an app in a window ends when it is asked to", async (mesh) => {
  const why = await inTerminal(mesh, (pty) => mesh.stop("scanner", pty.pid));
  assertEquals(why, "it was asked to shut down");
});
