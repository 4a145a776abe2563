import { Command, CommanderError, InvalidArgumentError } from "commander";
import { type CallFlags, type CommonOptions } from "./commands.ts";
import * as commands from "./commands.ts";
import { complete, completionScript } from "./completion/completion.ts";
import { doctor } from "./doctor/doctor.ts";
import { runFrontEnd } from "./front_end.ts";
import * as installation from "./install/commands.ts";
import { newCommand } from "./new/new.ts";
import { OutputClosed, tell, writeText } from "../output.ts";
import { namedLaunch } from "../own_name.ts";
import { ownLaunchCommand } from "../../lib/ipc/mod.ts";
import { platform } from "../../lib/ipc/tools.ts";
import { endOnUncaught } from "../uncaught.ts";
import { VERSION } from "../version.ts";
import { EXIT_CODES, exitCodeOf, reportError, UsageError } from "./exit.ts";

endOnUncaught("neverliie");
const interrupted = new AbortController();
const interrupt = () =>
  interrupted.signal.aborted
    ? Deno.exit(EXIT_CODES.interrupted)
    : interrupted.abort(new DOMException("interrupted", "AbortError"));
Deno.addSignalListener("SIGINT", interrupt);
const { signal } = interrupted;

/** Whether a view has left a read of the keyboard behind, which waits for one more key. */
let readsKeys = false;

const program = new Command("neverliie")
  .description("Talk to the programs of the mesh.")
  .version(VERSION)
  .option("--json", "print JSON: one document, or for streams one line an item")
  .exitOverride()
  .showHelpAfterError("(neverliie --help shows examples)")
  .addHelpText("after", () => HELP);

// The command line may be too wrong for its options to be told.
const wantsJson = Deno.args.includes("--json");
program.configureOutput({
  writeOut: writeText,
  writeErr: (text) => wantsJson || tell(text.trimEnd()),
});

const COMPLETION_HELP = `
Set up, once; a new shell then completes commands, apps, and methods of apps that run:
  bash        echo 'source <(neverliie completion bash)' >> ~/.bashrc   (with bash-completion)
  zsh         echo 'source <(neverliie completion zsh)' >> ~/.zshrc     (after compinit)
  fish        neverliie completion fish > ~/.config/fish/completions/neverliie.fish
  powershell  neverliie completion powershell >> $PROFILE`;

const json = () => program.opts<{ json?: boolean }>().json ?? false;
const common = (): CommonOptions => ({ json: json(), signal });
const flags = (own: Partial<CallFlags>): CallFlags => ({ ...own, ...common() });

function natural(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError("give a whole number from 1 to 9007199254740991");
  }
  return value;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 0.1 && value <= 3_600)) {
    throw new InvalidArgumentError("give seconds, from 0.1 to 3600");
  }
  return value;
}

function portNumber(text: string): number {
  const value = natural(text);
  if (value > 65_535) throw new InvalidArgumentError("ports are numbers from 1 to 65535");
  return value;
}

function add(usage: string, description: string, timed = false): Command {
  const command = program.command(usage).description(description)
    .option("--json", "print JSON")
    .on("option:json", () => program.setOptionValue("json", true));
  if (timed) {
    command.option("--timeout <ms>", "how long to wait for the answer", natural)
      .option("--no-activate", "do not start the app when it is not running");
  }
  return command;
}

add("list", "the apps, and which of them run")
  .option("-w, --watch", "go on with who comes and goes, until Ctrl-C")
  .action((own) => commands.list({ ...own, ...common() }));
add("describe <app>", "an app's methods", true)
  .action((app, own) => commands.describe(app, flags(own)));
add("call <app> <method> [params]", "call a method; params: JSON, @file or - (stdin)", true)
  .action((app, method, params, own) => commands.call(app, method, params, flags(own)));
add("stream <app> <method> [params]", "print a method's items as they come", true)
  .action((app, method, params, own) => commands.stream(app, method, params, flags(own)));
add("wake <app>", "start an app and wait until it answers", true)
  .action((app, own) => commands.wake(app, flags(own)));
add("ping <app>", "measure a round trip; starts nothing")
  .action((app) => commands.ping(app, flags({})));
add("stop [apps...]", "stop apps").option("--all", "all that run")
  .action((apps, own) => commands.stop(apps, { ...own, ...common() }));
add("prune [apps...]", "remove entries whose program is gone; those named in any case")
  .action((apps) => commands.prune(apps, common()));
add("doctor", "what is wrong with the mesh, and how to mend it")
  .option("--fix", "mend what is safe to mend")
  .action((own) => doctor({ ...own, ...common() }));
add("logs <app>", "what an app recorded, and what it wrote when it was woken").option(
  "-n, --lines <n>",
  "how many",
  natural,
  50,
)
  .option("-f, --follow", "go on with what it writes, until Ctrl-C")
  .action((app, own) => commands.logs(app, { ...own, ...common() }));
add("trace <app>", "what a running app is asked, and what comes of it, as it happens")
  .option("--params", "show the params too, not their names alone")
  .action((app, own) => commands.trace(app, { ...own, ...common() }));
add("events <app> [topic]", "what an app tells whoever listens, as it happens")
  .option("--activate", "start the app when it is not running")
  .action((app, topic, own) => commands.events(app, topic, { ...own, ...common() }));
add("top [apps...]", "who runs, calls in flight, rates and times, live; x cancels one")
  .option("--once", "print one sample and end, as it does where there is no terminal")
  .option("--interval <s>", "seconds until a sample is printed, and between two", seconds, 2)
  .action((apps, own) => {
    readsKeys = Deno.stdin.isTerminal();
    return commands.top(apps, { ...own, ...common() });
  });
add("inspect", "the mesh as a page in the browser, on this machine alone")
  .option("--port <n>", "the port to listen on; one that is free", portNumber, 0)
  .option("--no-open", "print the link and open no browser")
  .action((own) => commands.inspect({ ...own, ...common() }));
add("bench <app> [method] [params]", "measure round trips; $/ping unless a method is given", true)
  .option("-n, --count <n>", "how many", natural, 1_000)
  .option("-c, --concurrency <n>", "how many at once", natural, 1)
  .action((app, method, params, own) =>
    commands.bench(app, method, params, { ...own, ...common() })
  );
add("conformance <app>", "hold a running app to the page of the protocol")
  .option("--timeout <ms>", "how long each answer may take", natural)
  .action((app, own) => commands.conformance(app, flags(own)));
add("types <app>", "an app's methods as a TypeScript interface, for connect<T>()", true)
  .action((app, own) => commands.types(app, flags(own)));
add("new <name>", "make a program of one's own, with a test")
  .option("--into <folder>", "where; a folder of that name")
  .option("--library <tarball>", "the library from this file; from JSR")
  .action((name, own) => newCommand(name, { ...own, ...common() }));
add("mcp [apps...]", "serve what apps offer as tools to an assistant (MCP, over stdio)")
  .option("--no-activate", "leave out apps that are not running")
  .action((apps, own) => commands.mcp(apps, flags(own)));
add("install", "install the programs of this folder for this user")
  .option("--from <folder>", "of the executables and their manifest.json; this program's own")
  .option("--to <folder>", "where to; the system's place for this user's programs")
  .option("--no-path", "do not put the command on PATH")
  .option("--no-menu", "make no entry in the menu of programs")
  .option("--no-logon", "do not start the status bar at logon")
  .option("--dry-run", "say what would be done, and do nothing")
  .action((own) => installation.installCommand({ ...own, ...common() }));
add("upgrade", "install another version over the one that is there, while it runs")
  .option("--from <folder>", "of the new executables; this program's own")
  .option("--to <folder>", "where the old ones are")
  .option("--no-path", "no longer put the command on PATH")
  .option("--no-menu", "no longer make an entry in the menu of programs")
  .option("--no-logon", "no longer start the status bar at logon")
  .option("--timeout <ms>", "how long a restarted program has to answer", natural)
  .option("--dry-run", "say what would be done, and do nothing")
  .action((own) => installation.upgradeCommand({ ...own, ...common() }));
add("uninstall", "remove what was installed; what you made stays, and is listed")
  .option("--to <folder>", "where it is installed")
  .option("--dry-run", "say what would be done, and do nothing")
  .action((own) => installation.uninstallCommand({ ...own, ...common() }));

program.command("completion <shell>")
  .description("completion for bash, zsh, fish or powershell; see --help")
  .addHelpText("after", COMPLETION_HELP)
  .action((shell) => {
    const own = namedLaunch() ?? ownLaunchCommand(() => platform().commandLine());
    completionScript(shell, own);
  });
program.command("complete [words...]", { hidden: true })
  .action((words) => complete(program, words));

program.command("terminal [args...]").description(
  "sessions that outlive their window; see terminal --help",
)
  .allowUnknownOption().helpOption(false)
  // Its arguments are the terminal's, "--json" among them: as they were given.
  .action(async () => {
    Deno.exitCode = await runFrontEnd(
      "terminal",
      Deno.args.slice(Deno.args.indexOf("terminal") + 1),
    );
  });

const HELP = `
Examples:
  neverliie list --json
  neverliie list --watch
  neverliie call statusbar get_stats
  neverliie stream scanner deep_scan '{"folder": "."}'
  neverliie stream terminal run @params.json
  neverliie types statusbar > statusbar.d.ts
  neverliie new notes --into ~/notes
  neverliie mcp scanner statusbar
  neverliie logs -f scanner
  neverliie trace statusbar --params
  neverliie events player track --json
  neverliie top
  neverliie inspect
  neverliie bench statusbar get_stats --concurrency 8
  neverliie doctor --fix
  neverliie conformance statusbar
  source <(neverliie completion bash)
  neverliie terminal open --title build make -j8

Exit codes: 0 done, 1 the app reports an error, 2 wrong usage, 3 unknown or not running,
4 could not be started, 5 no answer in time, 6 no such method, 7 connection lost, 130 Ctrl-C`;

try {
  await program.parseAsync(Deno.args, { from: "user" });
} catch (error) {
  if (error instanceof CommanderError) {
    Deno.exitCode = error.exitCode === 0 ? 0 : EXIT_CODES.usage;
    if (Deno.exitCode !== 0 && wantsJson) reportError(new UsageError(error.message), true);
  } else if (!(error instanceof OutputClosed)) {
    reportError(error, json());
    // Cancelled by another (top, inspect), not by Ctrl-C here.
    const byOther = exitCodeOf(error) === EXIT_CODES.interrupted && !signal.aborted;
    Deno.exitCode = byOther ? EXIT_CODES.failed : exitCodeOf(error);
  }
} finally {
  Deno.removeSignalListener("SIGINT", interrupt);
}
if (readsKeys) Deno.exit();
