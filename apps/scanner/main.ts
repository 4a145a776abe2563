import { runApp } from "../app.ts";
import type { DeepScanParams } from "./contract.ts";
import { deepScan } from "./scan.ts";
import { scanFolder } from "./view.ts";

/** {@link DeepScanParams} for assistants; the handler checks them itself. */
const DEEP_SCAN_PARAMS = {
  type: "object",
  properties: {
    folder: { type: "string", description: "the folder's path" },
    steps: { type: "string", enum: ["files", "progress"], description: "files or progress" },
    top: { type: "integer", description: "how many of those that take most on disk to tell" },
    duplicates: { type: "boolean", description: "true to compare files of one size" },
  },
  required: ["folder"],
};

await runApp({
  name: "scanner",
  help: `Usage: scanner FOLDER [--top N] [--duplicates] [--json]
       scanner [--host]

Walks FOLDER and everything below it and tells how many files there are, how long they are and
what they take on disk, and what takes most; Esc or Ctrl-C ends the scan. Without FOLDER it serves
deep_scan to the mesh.

A file with several names (hard links) is counted by each name, its bytes once. A file with holes
takes less on disk than it is long. What folders take themselves counts as taken, as with du.

  --top N        how many files and folders that take most to show; 5 unless given
  --duplicates   also find files of the same content, by their hashes
  --json         print the last step as JSON: totals and summary, with "bytes" for lengths and
                 "taken" for what is taken on disk

Exit codes: 0 done, 1 something could not be read, 2 wrong usage, 130 cancelled`,
  serve(ipc) {
    ipc.expose("deep_scan", (params: DeepScanParams, { signal }) => deepScan(params, signal), {
      jsonSchema: { params: DEEP_SCAN_PARAMS },
      kind: "stream",
      tool: true,
      description:
        "walks a folder; a step for each file, the last one with the totals: bytes (length) and taken (on disk)",
    });
  },
  job: scanFolder,
});
