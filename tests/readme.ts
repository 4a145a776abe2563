/**
 * Walks through README.md and pages of docs: runs the commands of their fenced blocks marked
 * "```sh walkthrough" in the checkout, one by one, for each file in a home of its own. A line "#=> text" below a command says what
 * its output must contain; a command must end with 0. `deno` in a command is the running one.
 *
 * @module
 */
import { openHome } from "../lib/ipc/mod.ts";
import { delimiter } from "node:path";
import { fromFileUrl, join } from "@std/path";

const checkout = fromFileUrl(new URL("..", import.meta.url));

/** What is walked through. */
const FILES = ["README.md", "docs/tour.md", "docs/command.md", "docs/languages/python.md"];

/** The longest that one command may take, in milliseconds. */
const TIMEOUT = 5 * 60_000;

/** One command of the walk-through. */
export interface Step {
  readonly command: string;
  /** Texts that its output must contain. */
  readonly expected: readonly string[];
}

/** The commands of a Markdown text's marked blocks, in order. */
export function walkthrough(markdown: string): Step[] {
  const steps: { command: string; expected: string[] }[] = [];
  const blocks = markdown.replaceAll("\r", "").matchAll(/^```sh walkthrough\n(.*?)^```$/gms);
  for (const [, block = ""] of blocks) {
    for (const line of block.replaceAll("\\\n", " ").split("\n")) {
      const text = line.trim();
      if (text.startsWith("#=>")) steps.at(-1)?.expected.push(text.slice(3).trim());
      else if (text !== "" && !text.startsWith("#")) steps.push({ command: text, expected: [] });
    }
  }
  return steps;
}

/** Runs one command of the shell; what it printed is shown, and returned with what went wrong. */
async function run(
  command: string,
  env: Record<string, string>,
): Promise<{ output: string; problem: string | undefined }> {
  console.log(`$ ${command}`);
  const signal = AbortSignal.timeout(TIMEOUT);
  const windows = Deno.build.os === "windows";
  const child = new Deno.Command(windows ? "cmd" : "sh", {
    args: [windows ? "/c" : "-c", command],
    cwd: checkout,
    env,
    stdin: "null",
    signal,
  });
  const { code, stdout, stderr } = await child.output();
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  console.log(output.trimEnd());
  if (signal.aborted) return { output, problem: `no end after ${TIMEOUT / 60_000} minutes` };
  return { output, problem: code === 0 ? undefined : `exit code ${code}` };
}

/** Walks through one file, and tells what went wrong. */
async function walk(file: string): Promise<string[]> {
  const steps = walkthrough(await Deno.readTextFile(join(checkout, file)));
  if (steps.length === 0) return [`Cannot find a block marked "\`\`\`sh walkthrough" in ${file}`];
  console.log(`== ${file}`);
  const home = await Deno.makeTempDir({ prefix: "walkthrough-" });
  const bin = join(home, "bin");
  await Deno.mkdir(bin);
  if (Deno.build.os !== "windows") await Deno.symlink(Deno.execPath(), join(bin, "deno"));
  const env = {
    NEVERLIIE_HOME: join(home, "home"),
    PATH: `${bin}${delimiter}${Deno.env.get("PATH") ?? ""}`,
    NO_COLOR: "1",
  };
  const problems: string[] = [];
  try {
    for (const { command, expected } of steps) {
      const { output, problem } = await run(command, env);
      if (problem !== undefined) problems.push(`${file}: "${command}": ${problem}`);
      for (const text of expected.filter((text) => !output.includes(text))) {
        problems.push(`${file}: "${command}": its output does not contain "${text}"`);
      }
    }
  } finally {
    // what the commands left running lives in the home that goes away now
    const { problem } = await run("deno task -q neverliie stop --all", env);
    if (problem !== undefined) {
      problems.push(`Cannot stop what the walk-through started: ${problem}`);
    }
    // on Unix, sockets and locks lie outside of the home
    const { runtime } = await openHome(env.NEVERLIIE_HOME);
    await Deno.remove(runtime, { recursive: true });
    await Deno.remove(home, { recursive: true });
  }
  return problems;
}

if (import.meta.main) {
  const problems: string[] = [];
  for (const file of FILES) problems.push(...await walk(file));
  for (const problem of problems) console.error(problem);
  Deno.exit(problems.length > 0 ? 1 : 0);
}
