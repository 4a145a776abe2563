/**
 * `deno task soak`: mixed load on one app for minutes. See HELP.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { checkOptions, numberOption, withOwnMesh } from "./support/mesh/own_mesh.ts";
import { keepRecords } from "./support/run/records_folder.ts";
import { soak, soakFigures } from "./support/chaos/soak.ts";
import { runTask } from "../apps/build/task.ts";

const checkout = fromFileUrl(new URL("..", import.meta.url));

const HELP = `deno task soak [--minutes N] [--seed N]

Puts mixed load on one app and checks each outcome: calls, bytes, streams, cancelling, errors,
callers that come and go. Prints the app's memory and handles as it goes, and the slope at the end.
Exits with 1 where anything was not as it must be. Ctrl-C ends it early.

  --minutes N  how long; 10 unless given
  --seed N     draws the load; another seed, another load
  --help       show this
`;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  checkOptions(args, ["--minutes", "--seed"]);
  const minutes = numberOption(args, "--minutes", 10);
  const seed = numberOption(args, "--seed", 1);
  let failed = false;
  await withOwnMesh(async (mesh, stop) => {
    await mesh.register();
    const begun = performance.now();
    const result = await soak(mesh, minutes * 60, {
      seed,
      samples: Math.max(12, Math.round(minutes * 6)),
      stop,
      onSample({ seconds, live, rss, handles }, operations, errors) {
        const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
        console.log(
          `${seconds.toFixed(0).padStart(5)} s  ${operations} operations, ${errors} errors, ` +
            `live ${mebibytes(live)}, resident ${mebibytes(rss)}, ${handles} handles`,
        );
      },
    });
    const figures = { ...soakFigures(result), seed };
    for (const [name, value] of Object.entries(figures)) console.log(`${name}: ${value}`);
    for (const error of new Set(result.errors)) console.error(error);
    failed = result.errors.length > 0;
    if (failed || stop.aborted) return;
    const milliseconds = performance.now() - begun;
    const records = [{ subject: "soak", figures }];
    await keepRecords(checkout, { name: "soak", passed: 1, failed: 0, milliseconds, records });
  });
  return failed ? 1 : 0;
}

await runTask(main);
