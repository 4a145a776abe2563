/**
 * `deno task windows-checklist`: goes through what of docs/windows-checklist.md a program can. See
 * HELP.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import { ensureDir } from "@std/fs";
import {
  CHECKLIST,
  CHECKLIST_RUN,
  type ChecklistResult,
  type ChecklistRun,
  withResult,
} from "../../apps/build/checklist.ts";
import { withOwnMesh } from "../support/mesh/own_mesh.ts";
import type { TestMesh } from "../support/mesh/mesh.ts";
import { withLimit } from "../support/run/watchdog.ts";
import { runTask } from "../../apps/build/task.ts";
import { CannotTell, isWine, type Line } from "./line.ts";
import { LINES } from "./lines.ts";

const checkout = fromFileUrl(new URL("../..", import.meta.url));

/** Milliseconds that one line may take. */
const LINE_LIMIT = 180_000;

const HELP = `deno task windows-checklist [--record NAME] [LINE …]

Goes through the lines of docs/windows-checklist.md that a program can, on Windows, and prints a
table: what each printed, and whether that is what it must print. The exit code is 1 where it is
not. What came of it is left in dist/windows-checklist.json, from where a release takes it.

  LINE …          these alone
  --record NAME   write the results into docs/windows-checklist.md, as NAME's
  --help          show this

Lines: ${LINES.map(({ id }) => id).join(", ")}
`;

async function goThrough(line: Line, mesh: TestMesh): Promise<[ChecklistResult, string]> {
  try {
    const printed = await withLimit(line.id, Promise.try(() => line.run(mesh)), LINE_LIMIT);
    return [printed === line.prints ? "ok" : "FAILED", printed];
  } catch (error) {
    if (error instanceof CannotTell) return ["cannot tell", `cannot tell: ${error.message}`];
    return ["FAILED", `it threw ${error}`];
  }
}

/** Goes through the lines, one after the other, in a mesh that is thrown away. */
async function run(lines: readonly Line[], wine: boolean): Promise<ChecklistRun> {
  const date = new Date().toISOString().slice(0, 10);
  const results: ChecklistRun["lines"] = [];
  await withOwnMesh(async (mesh) => {
    for (const line of lines) {
      const [result, printed] = await goThrough(line, mesh);
      results.push({ id: line.id, result, printed });
      const known = wine && printed === (line.wine ?? line.prints);
      console.log(`${known ? "as Wine does" : result}`.padEnd(14) + line.id.padEnd(20) + printed);
      if (result !== "ok" && !known) console.log(`${" ".repeat(34)}must be: ${line.prints}`);
    }
  });
  return { date, system: `Windows ${Deno.osRelease()}`, wine, lines: results };
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const at = args.indexOf("--record");
  const who = at < 0 ? null : args[at + 1];
  const named = args.filter((_arg, index) => at < 0 || (index !== at && index !== at + 1));
  const unknown = named.find((name) => !LINES.some(({ id }) => id === name));
  if (unknown !== undefined || who === undefined || who?.startsWith("-")) {
    throw new TypeError(
      unknown === undefined
        ? "Cannot record the results: name somebody after --record"
        : `Cannot understand "${unknown}": see deno task windows-checklist --help`,
    );
  }
  if (Deno.build.os !== "windows") {
    console.error("Cannot go through the checklist for Windows: this is another system");
    return 1;
  }
  const wine = await isWine();
  if (wine && who !== null) throw new TypeError("Cannot record the results: this is Wine");
  const lines = LINES.filter(({ id }) => named.length === 0 || named.includes(id));
  const done = await run(lines, wine);
  await ensureDir(join(checkout, "dist"));
  await Deno.writeTextFile(join(checkout, CHECKLIST_RUN), JSON.stringify(done, null, 2) + "\n");
  if (who !== null) await record(done, who);
  return report(done, wine);
}

/** Writes what came of it into the page. */
async function record({ date, system, lines }: ChecklistRun, who: string): Promise<void> {
  const page = join(checkout, CHECKLIST);
  let markdown = await Deno.readTextFile(page);
  for (const { id, result, printed } of lines) {
    const last = `${date}, ${system}, ${who}: ${result === "ok" ? result : printed}`;
    markdown = withResult(markdown, id, last);
  }
  await Deno.writeTextFile(page, markdown);
  console.log(`Written to ${CHECKLIST}; "deno fmt" sets its columns.`);
}

/** Prints what the run came to, and tells its exit code. */
function report({ lines }: ChecklistRun, wine: boolean): number {
  const asWine = ({ id, printed }: ChecklistRun["lines"][number]) => {
    const line = LINES.find((one) => one.id === id)!;
    return printed === (line.wine ?? line.prints);
  };
  const wrong = lines.filter((one) => wine ? !asWine(one) : one.result === "FAILED").length;
  const open = wine ? 0 : lines.filter(({ result }) => result === "cannot tell").length;
  if (wine) console.log("This is Wine: nothing is shown about Windows by it.");
  if (open > 0) console.log(`${open} cannot be told here.`);
  console.log(`${lines.length - wrong - open} passed, ${wrong} failed`);
  return wrong === 0 ? 0 : 1;
}

if (import.meta.main) await runTask(main);
