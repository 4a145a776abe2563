import { runApp } from "../app.ts";
import type { DeepScanParams } from "./contract.ts";
import { deepScan } from "./scan.ts";
import { scanFolder } from "./view.ts";

/** {@link DeepScanParams} for assistants; the handler checks them itself. */
const DEEP_SCAN_PARAMS = {
  type: "object",
  properties: { folder: { type: "string", description: "the folder's path" } },
  required: ["folder"],
};

await runApp({
  name: "scanner",
  help: `Usage: scanner FOLDER
       scanner [--host]

Walks FOLDER and everything below it and tells how many files and bytes there are; Ctrl-C ends the
scan. Without FOLDER it serves deep_scan to the mesh.`,
  serve(ipc) {
    ipc.expose("deep_scan", (params: DeepScanParams, { signal }) => deepScan(params, signal), {
      jsonSchema: { params: DEEP_SCAN_PARAMS },
      kind: "stream",
      tool: true,
      description: "walks a folder; a step for each file, the last one with the totals",
    });
  },
  job: scanFolder,
});
