import { runApp } from "../app.ts";
import type { RunParams } from "./contract.ts";
import { runCommand } from "./run.ts";
import { Sessions } from "./sessions.ts";
import { runInTerminal } from "./view.ts";

await runApp({
  name: "terminal",
  help: `Usage: terminal COMMAND
       terminal PROGRAM ARGUMENT…
       terminal [--host]

Runs a command on the terminal's host, shows its output as it comes and ends with its exit code;
Ctrl-C ends the command and all that it started. One argument is a line for the system's shell,
several are a program and its arguments. Without arguments it serves run to the mesh.`,
  serve(ipc) {
    ipc.expose("run", (params: RunParams, { signal }) => runCommand(params, signal), {
      params: ["command", "cwd", "env", "stdin"],
      kind: "stream",
      description: "runs a command; its output as it comes, then its exit code",
    });
    new Sessions().serve(ipc);
  },
  job: runInTerminal,
});
