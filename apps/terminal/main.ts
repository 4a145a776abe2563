import { runApp } from "../app.ts";
import type { RunParams } from "./contract.ts";
import { firstSight, frontEnd, HELP, ownArguments } from "./front_end.ts";
import { Pipes } from "./pipes.ts";
import { runCommand } from "./run.ts";
import { Sessions } from "./sessions.ts";

await runApp({
  name: "terminal",
  help: HELP,
  ownArguments,
  serve(ipc) {
    ipc.expose("run", (params: RunParams, { signal }) => runCommand(params, signal), {
      params: ["command", "cwd", "env", "stdin"],
      kind: "stream",
      description: "runs a command; its output as it comes, then its exit code",
    });
    new Pipes().serve(ipc);
    new Sessions().serve(ipc);
  },
  job: frontEnd,
  // Never the host itself: sessions outlive this window.
  glance: firstSight,
});
