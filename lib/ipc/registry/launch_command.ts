/**
 * How a program is started again: its own executable where it was compiled, else Deno (or Node, or
 * Bun) with every flag it was started with.
 *
 * @module
 */

import { basename, fromFileUrl, resolve, samePath } from "../base/path.ts";

/** What the registry keeps to start a program by. */
export interface LaunchCommand {
  /** A compiled executable, or a script run by Deno, Node or Bun. */
  type: "binary" | "script";
  /** Program and arguments. The last element of a script's command is the script. */
  cmd: string[];
  /** The working directory; relative paths in flags refer to it. */
  cwd: string;
}

// Meant for the run a person watches, not for one in the background. `--no-clear-screen` is
// refused by Deno without `--watch`.
const DROPPED_FLAG =
  /^--(watch|watch-hmr|watch-exclude|no-clear-screen|inspect|inspect-brk|inspect-wait|inspect-publish-uid)(=|$)/;

/** Runs a module too, but in a way that `deno run` does not repeat. */
const OTHER_SUBCOMMAND = /^(test|bench|serve|eval|repl|jupyter|task|doc|check|coverage)$/;

/** What tells how a process was started; {@link ownLaunchCommand} reads it from the process. */
export interface ProcessFacts {
  /** `Deno.execPath()`. */
  execPath: string;
  /** `Deno.build.standalone`. */
  standalone: boolean | undefined;
  /** What comes before a script's flags; `null` for nothing, as in Node and Bun. "run" unless given. */
  subcommand?: "run" | null;
  /** Program, flags, script and arguments; asked for only in script mode. */
  commandLine(): readonly string[];
  /** `Deno.args`: as many elements as follow the script in the command line. */
  args: readonly string[];
  /** `Deno.mainModule`. */
  mainModule: string;
  cwd: string;
}

/**
 * The command that starts this program again, or `null` where there is none: under `deno test`,
 * `deno eval` and the like, or for a program read from standard input.
 */
export function launchCommandOf(facts: ProcessFacts): LaunchCommand | null {
  const { execPath, cwd } = facts;
  // A program compiled by an older Deno does not say so; its own name then does.
  const compiled = facts.standalone ?? !/^deno(\.exe)?$/i.test(basename(execPath));
  if (compiled) return { type: "binary", cmd: [execPath], cwd };
  const line = facts.commandLine();
  const scriptAt = line.length - facts.args.length - 1;
  const script = line[scriptAt];
  if (script === undefined || scriptAt < 1) return null;
  let main = facts.mainModule;
  if (main.startsWith("file:")) {
    main = fromFileUrl(main);
    if (
      script.startsWith("file:")
        ? fromFileUrl(script) !== main
        // Links (macOS's /tmp) are resolved in the main module, and not in the command line.
        : !samePath(resolve(cwd, script), main)
    ) {
      return null;
    }
  } else if (script !== main) return null;
  const flags = line.slice(1, scriptAt);
  // `deno run -A x.ts`, `deno -A x.ts` and `deno -q run x.ts` all run a script.
  const run = flags.indexOf("run");
  if (run >= 0) flags.splice(run, 1);
  else if (flags.some((flag) => OTHER_SUBCOMMAND.test(flag))) return null;
  const kept = flags.filter((flag) => !DROPPED_FLAG.test(flag));
  const { subcommand = "run" } = facts;
  const program = subcommand === null ? [execPath] : [execPath, subcommand];
  return { type: "script", cmd: [...program, ...kept, main], cwd };
}

/** The command that starts this very program again; see {@link launchCommandOf}. */
export function ownLaunchCommand(commandLine: () => string[]): LaunchCommand | null {
  // (What stands for Deno in Node says that there is no subcommand.)
  const build = Deno.build as { standalone?: boolean; subcommand?: null };
  return launchCommandOf({
    execPath: Deno.execPath(),
    standalone: build.standalone,
    ...("subcommand" in build ? { subcommand: null } : {}),
    commandLine,
    args: Deno.args,
    mainModule: Deno.mainModule,
    cwd: Deno.cwd(),
  });
}
