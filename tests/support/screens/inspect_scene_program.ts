/**
 * An app for the pictures of `neverliie inspect`: it has something to do. Arguments: its name.
 */
import { type CallContext, NeverLiieIPC } from "../../../lib/ipc/mod.ts";
import { pause } from "../../../lib/system/waiting.ts";

await using ipc = await NeverLiieIPC.open(Deno.args[0]!, { version: "1.4.0" });

/** Takes as long as such a thing would, a little different each time. */
let turn = 0;
const work = (usual: number) => pause(usual * (1 + 0.5 * Math.sin(turn++) + (turn % 23 ? 0 : 3)));

ipc.expose("search", async ({ text }: { text: string }) => {
  await work(4);
  return [text];
}, { params: ["text"], description: "notes that hold a text" });
ipc.expose("render", async ({ note }: { note: number }) => {
  await work(22);
  return `${note}`;
}, { params: ["note"], description: "a note as HTML" });
ipc.expose("save", () => work(9), { params: ["note"], description: "keeps a note" });
ipc.expose("index", async function* ({ total }: { total: number }, { signal }: CallContext) {
  for (let done = 1; done <= total; done++) {
    await pause(120, signal);
    yield {
      phase: "indexing",
      file: `notes/2024/${String(done).padStart(4, "0")}.md`,
      done,
      total,
    };
  }
}, { params: ["total"], description: "reads all notes anew" });
ipc.expose("upload", async function* (_params, { signal }: CallContext) {
  for (let done = 38; done <= 100; done++) {
    yield { message: "archive-03.tar", percent: done };
    await pause(1_500, signal);
  }
}, { description: "sends the archive away" });
ipc.expose("wait_for_change", (_params, { signal }: CallContext) => pause(600_000, signal), {
  description: "answers when a note has changed",
});
/** Calls another again and again, as its own work would. */
ipc.expose("begin", ({ target, method, params, every }: {
  target: string;
  method: string;
  params: Record<string, unknown>;
  every: number;
}) => {
  // Not to wake what is being stopped at the end.
  const options = { activate: false };
  const again = () => void ipc.call(target, method, params, options).catch(() => {});
  setInterval(again, every);
});
/** Reads another's stream to its end, as its own work would. */
ipc.expose("follow", ({ target, method, params }: {
  target: string;
  method: string;
  params: Record<string, unknown>;
}) => {
  const items = ipc.stream(target, method, params, { timeout: 60_000 });
  void Array.fromAsync(items).catch(() => {});
});

await ipc.closed;
// What calls others again and again would go on.
Deno.exit();
