/**
 * `neverliie new`: a program of one's own, in a folder outside of any checkout.
 *
 * @module
 */
import { dirname, join, resolve } from "@std/path";
import { checkAppName } from "../../../lib/ipc/mod.ts";
import { print, writeLine } from "../../output.ts";
import { suite } from "../../suite.ts";
import type { CommonOptions } from "../commands.ts";
import { UsageError } from "../exit.ts";
import { type Library, libraryOfFile, libraryOfJsr } from "./library.ts";
import main from "./template/main.ts" with { type: "text" };
import test from "./template/main_test.ts" with { type: "text" };
import readme from "./template/README.md" with { type: "text" };

/** Options of `neverliie new`. */
export interface NewFlags extends CommonOptions {
  /** Its folder; one of the program's name unless given. */
  into?: string;
  /** A package of the library in a file; JSR unless given. */
  library?: string;
}

/** What may be in a folder that counts as empty: many make the repository first. */
const MAY_BE_THERE = [".git"];

/** `neverliie new NAME` */
export async function newCommand(name: string, flags: NewFlags): Promise<void> {
  checkAppName(name);
  if (suite().has(name)) {
    throw new UsageError(`Cannot make "${name}": a program of the suite has that name`);
  }
  const folder = resolve(flags.into ?? name);
  checkFolder(folder);
  // All that may be wrong is looked at before anything is made.
  const library = flags.library === undefined
    ? libraryOfJsr()
    : await libraryOfFile(resolve(flags.library));
  if ([...library.files.keys()].some((file) => file.startsWith(`${name}/`))) {
    throw new UsageError(
      `Cannot make "${name}": the library is unpacked into a folder of that name`,
    );
  }
  const files = filesOf(name, library);
  for (const [file, content] of files) {
    const path = join(folder, file);
    Deno.mkdirSync(dirname(path), { recursive: true });
    // Nothing is written over, not even what came since.
    Deno.writeFileSync(path, content, { createNew: true });
  }
  tellOf(name, folder, [...files.keys()], flags);
}

/** @throws {UsageError} where something of somebody's is there */
function checkFolder(folder: string): void {
  let found: string[];
  try {
    found = [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (!(error instanceof Deno.errors.NotADirectory) && isFolder(folder)) throw error;
    throw new UsageError(`Cannot make a program in "${folder}": it is no folder`, { cause: error });
  }
  const others = found.filter((name) => !MAY_BE_THERE.includes(name)).sort();
  if (others.length === 0) return;
  throw new UsageError(
    `Cannot make a program in "${folder}": it is not empty, "${others[0]}" is in it. ` +
      `Give another folder by --into`,
  );
}

function isFolder(path: string): boolean {
  return Deno.statSync(path).isDirectory;
}

/** What the program is made of, by places in its folder. */
function filesOf(name: string, { imports, files }: Library): Map<string, Uint8Array> {
  const config = {
    tasks: {
      dev: "deno run -A --watch main.ts",
      test: "deno test -A",
      compile: `deno compile -A --output ${name} main.ts`,
    },
    imports,
    fmt: { lineWidth: 100 },
    // The library is no part of what is formatted, linted and tested here.
    ...(files.size > 0 ? { exclude: ["vendor"] } : {}),
  };
  const texts = { "main.ts": main, "main_test.ts": test, "README.md": readme };
  const encoder = new TextEncoder();
  const own = Object.entries(texts).map(([file, text]): [string, Uint8Array] => [
    file,
    encoder.encode(text.replaceAll("\r\n", "\n").replaceAll("NAME", name)),
  ]);
  const json = encoder.encode(`${JSON.stringify(config, null, 2)}\n`);
  return new Map([["deno.json", json], ...own, ...files]);
}

function tellOf(name: string, folder: string, files: string[], { json }: NewFlags): void {
  if (json) return print({ name, folder, files }, true);
  writeLine(`"${name}" was made in "${folder}". Next, in that folder:`);
  writeLine("");
  writeLine("  deno task test      its test, on a mesh of its own");
  writeLine("  deno task dev       runs it, and again after each change");
  writeLine("  deno task compile   makes an executable of it");
  writeLine("");
  writeLine(`Once it has run, a call wakes it: neverliie call ${name} greet '{"name": "Ada"}'`);
}
