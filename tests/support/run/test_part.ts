/**
 * One part of a test run: a `deno test` process, watched, and what it counted.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";
import { recordsIn, type TestRecord } from "./record.ts";

const checkout = fromFileUrl(new URL("../../..", import.meta.url));

/** One part of a test run. */
export interface Part {
  readonly name: string;
  /** Folders of tests, from the checkout's root. */
  readonly folders: readonly string[];
  /**
   * A `deno test` on these files that this part runs by; disposing of it ends what the part
   * started. Throws {@linkcode LeftOut} where it turns out that this machine cannot.
   */
  prepare(test: TestArguments): Promise<Prepared>;
}

/** What `deno test` is given. */
export interface TestArguments {
  /** Paths from the checkout's root, with "/". */
  readonly files: readonly string[];
  readonly options: readonly string[];
  /** The flags by which modules are found, with paths from the checkout's root. */
  readonly importFlags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A part that is ready to run. */
export interface Prepared extends AsyncDisposable {
  /** Its output must be piped. */
  readonly command: Deno.Command;
}

/** Why a part cannot run on this machine, and how to make it able to. */
export class LeftOut extends Error {
  override readonly name = "LeftOut";
}

/** A `deno test` by the running Deno. */
export function localTest({ files, options, importFlags, env }: TestArguments): Prepared {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", ...importFlags, ...options, ...files],
    cwd: checkout,
    clearEnv: true,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  return { command, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** What a part counted. */
export interface PartResult {
  readonly name: string;
  readonly passed: number;
  /** At least one where the part crashed, hung or ended without counting. */
  readonly failed: number;
  readonly milliseconds: number;
  /** The figures that its tests left. */
  readonly records: readonly TestRecord[];
}

/** How {@linkcode runPart} shows what a part prints. */
export interface PartOptions {
  /** Show only failures. */
  quiet: boolean;
  /** How long a part may print nothing before it counts as hanging, in milliseconds. */
  silence: number;
}

/** Counts as `deno test` prints them: `FAILED | 3 passed (2 steps) | 1 failed (1 step) | …`. */
const SUMMARY = /^(?:ok|FAILED) \| (\d+) passed[^|]*\| (\d+) failed/gm;

// deno-lint-ignore no-control-regex -- colours are control characters
const COLOURS = /\x1b\[[0-9;]*m/g;

/** What a finished part comes to; `success` is whether its process ended with 0. */
export function countTests(
  output: string,
  success: boolean,
): Pick<PartResult, "passed" | "failed"> {
  const text = output.replaceAll(COLOURS, "").replaceAll("\r", "");
  const summary = [...text.matchAll(SUMMARY)].at(-1);
  const passed = Number(summary?.[1] ?? 0);
  const failed = Number(summary?.[2] ?? 0);
  const crashed = !success || summary === undefined;
  return { passed, failed: crashed ? Math.max(failed, 1) : failed };
}

/** Runs `command`, whose output must be piped, to its end. */
export async function runPart(
  name: string,
  command: Deno.Command,
  { quiet, silence }: PartOptions,
): Promise<PartResult> {
  const start = performance.now();
  const child = command.spawn();
  let hangs = false;
  let ended = false;
  const end = () => {
    hangs = true;
    // asked so, deno test names the tests that were running; a second later it has no choice
    child.kill(Deno.build.os === "windows" ? "SIGKILL" : "SIGINT");
    watchdog = setTimeout(() => child.kill("SIGKILL"), 1_000);
  };
  let watchdog = setTimeout(end, silence);
  const chunks: Uint8Array[] = [];
  const decoder = new TextDecoder();
  const collect = async (stream: ReadableStream<Uint8Array>, out: typeof Deno.stdout) => {
    for await (const chunk of stream) {
      chunks.push(chunk);
      // deno test's word that a test takes long is no sign of life
      const alive = !decoder.decode(chunk).includes("has been running for over");
      if (alive && !hangs && !ended) {
        clearTimeout(watchdog);
        watchdog = setTimeout(end, silence);
      }
      if (!quiet) await writeAll(out, chunk);
    }
  };
  // A program that a test left behind may hold the pipes open: they are read until the process
  // ends, and what is already in them then.
  const reading = Promise.all([
    collect(child.stdout, Deno.stdout),
    collect(child.stderr, Deno.stderr),
  ]);
  const { success } = await child.status;
  clearTimeout(watchdog);
  ended = true;
  await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, 1_000))]);
  const output = decoder.decode(await new Blob(chunks as BlobPart[]).arrayBuffer());
  const counted = countTests(output, success && !hangs);
  if (quiet && counted.failed > 0) console.log(failures(output));
  if (hangs) console.log(`${name}: ended, because it printed nothing for ${silence / 1000} s`);
  const records = recordsIn(output.replaceAll(COLOURS, "").replaceAll("\r", ""));
  return { name, ...counted, milliseconds: performance.now() - start, records };
}

/** The part of the output that tells about failures; all of it where nothing marks them. */
function failures(output: string): string {
  const text = output.replaceAll(COLOURS, "").replaceAll("\r", "");
  const at = text.search(/^ ?ERRORS ?$/m);
  return at < 0 ? text : text.slice(at);
}

async function writeAll(out: typeof Deno.stdout, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await out.write(bytes.subarray(at));
}
