/**
 * `deno task conformance -- COMMAND…`: holds a host in any language to docs/protocol.md. See HELP.
 *
 * @module
 */
import { show } from "../../apps/neverliie/conformance/conformance.ts";
import { linesOf, reportOf } from "../../apps/neverliie/conformance/report.ts";
import { ANSWER_TIME, type CheckResult, runChecks } from "../../apps/neverliie/conformance/run.ts";
import { CHECKS } from "../../apps/neverliie/conformance/sections.ts";
import { Failed } from "../../apps/neverliie/conformance/outcome.ts";
import { tell, writeText } from "../../apps/output.ts";
import { runTask } from "../../apps/build/task.ts";
import { writeRow } from "../support/conformance/hosts_table.ts";
import { OwnProgram } from "../support/conformance/own_program.ts";
import { uncitedOf } from "../support/conformance/sentences.ts";

const HELP = `deno task conformance [--json] [--timeout MS] [--write NAME] -- COMMAND …
deno task conformance --uncited

Starts COMMAND, a host of the mesh in any language, in a home of its own, and holds it to
docs/protocol.md: docs/conformance.md says what such a host offers. Ends with a table, and with
exit code 0 where nothing failed, 1 where something did, 2 where the command line is wrong.

  --json         print one JSON document instead
  --timeout MS   how long an answer, a start or an end may take; ${ANSWER_TIME} unless given
  --write NAME   write what came of it into the row of that name in docs/conformance.md
  --uncited      list the sentences of docs/protocol.md that no check cites
  --help         show this
`;

interface Request {
  command: readonly string[];
  json: boolean;
  timeout: number;
  /** The row of docs/conformance.md that is written. */
  row: string | null;
}

function parse(args: readonly string[]): Request | null {
  const request = { json: false, timeout: ANSWER_TIME, row: null as string | null };
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === "--help") return null;
    if (arg === "--") return { ...request, command: args.slice(at + 1) };
    if (arg === "--json") request.json = true;
    else if (arg === "--write") request.row = args[++at] ?? "";
    else if (arg === "--timeout") {
      const text = args[++at] ?? "";
      if (!/^[1-9]\d{0,6}$/.test(text)) {
        throw new TypeError(`Cannot take "${text}" for --timeout: give milliseconds`);
      }
      request.timeout = Number(text);
    } else throw new TypeError(`Cannot understand "${arg}": the command follows --`);
  }
  throw new TypeError("Cannot check nothing: give the command that starts the host after --");
}

/** Lists what no check cites, below the headings of the page. */
function listUncited(): void {
  const page = Deno.readTextFileSync(new URL("../../docs/protocol.md", import.meta.url));
  for (const [heading, sentences] of Map.groupBy(uncitedOf(page), ({ heading }) => heading)) {
    writeText(`${heading}\n${sentences.map(({ text }) => `    ${text}`).join("\n")}`);
  }
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--uncited")) {
    listUncited();
    return 0;
  }
  const request = parse(args);
  if (request === null || request.command.length === 0) {
    writeText(HELP);
    return request === null ? 0 : 2;
  }
  const { command, json, timeout, row } = request;
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  Deno.addSignalListener("SIGINT", interrupt);
  try {
    await using program = await OwnProgram.start(command, timeout);
    const onResult = json
      ? undefined
      : (result: CheckResult) => writeText(linesOf(result).join("\n"));
    const results = await runChecks(program.host, CHECKS, {
      timeout,
      onResult,
      signal: stop.signal,
    });
    if (row !== null) writeRow(row, results);
    return show(reportOf(program.host.app, command, results), json) ? 0 : 1;
  } catch (error) {
    if (stop.signal.aborted) return 130;
    if (!(error instanceof Failed)) throw error;
    tell(`Cannot check it: ${error.message}`);
    return 1;
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
  }
}

await runTask(main);
