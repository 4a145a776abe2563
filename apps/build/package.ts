/**
 * `deno task package`: lib/ipc as one module, and as a package for npm. See HELP.
 *
 * @module
 */
import { ensureDir } from "@std/fs";
import { basename, join, relative, resolve } from "@std/path";
import { VERSION } from "../version.ts";
import { writeTar } from "./archive.ts";
import { bundleModules, CHECKOUT, runDeno } from "./compile.ts";
import { minify } from "./minify.ts";
import { NODE_MIN, nodeModule } from "./node_module.ts";
import { noticesOf, packagesIn } from "./third_party.ts";

/** As on JSR. */
const NAME = "@neverliie/ipc";

const HELP = `deno task package [--out DIR]

Makes the library one module, with nothing that it would have to import from elsewhere, and writes
into dist/package:

  mod.js, mod.d.ts           the module and all of its types
  node.js                    the same for Node and Bun, which take it by the package's name
  testing.js, testing.d.ts   the kit to test with, which imports mod.js
  package.json, README.md, THIRD-PARTY.txt
  neverliie-ipc-${VERSION}.tgz   these files as npm packs them: npm install PATH

  --out DIR   instead of dist/package
  --help      show this

Exit codes: 0 made, 1 something failed, 2 wrong usage.
`;

/** The versions of koffi that locks are known to be made by. */
const KOFFI = "^3.3.0";

/** The most bytes that the module may have. */
const MODULE_MAX = 300_000;

/** The library, and the kit to test with: each becomes one module, with one file of types. */
const MODULES = [
  { name: "mod", entry: join(CHECKOUT, "lib", "ipc", "mod.ts") },
  { name: "testing", entry: join(CHECKOUT, "lib", "ipc", "testing", "mod.ts") },
] as const;
/** What the kit imports of the library, and what that becomes: there is one of each class. */
const LIBRARY = { specifier: "../mod.ts", file: "./mod.js" } as const;

/** A package that was made. */
interface MadePackage {
  folder: string;
  /** The path of the archive. */
  archive: string;
  /** Bytes of the module. */
  size: number;
}

/** Writes the package's files and its archive into a folder. @throws {Error} why it cannot */
async function makePackage(folder: string): Promise<MadePackage> {
  // One after the other: of two that begin in an empty cache one did not find its bundler.
  const modules: OneModule[] = [];
  for (const { name, entry } of MODULES) modules.push(await oneModule(name, entry));
  const [{ text: library, notices }] = modules as [OneModule, ...OneModule[]];
  const size = new TextEncoder().encode(library).length;
  if (size > MODULE_MAX) {
    throw new Error(`Cannot package lib/ipc: it is ${size} bytes, of at most ${MODULE_MAX}`);
  }
  const files = new Map([
    ["package.json", `${JSON.stringify(manifest(), null, 2)}\n`],
    ["README.md", await readme()],
    ["THIRD-PARTY.txt", notices],
    ...modules.map(({ file, text }) => [file, text] as const),
  ]);
  await ensureDir(folder);
  for (const [name, text] of files) await Deno.writeTextFile(join(folder, name), text);
  const archive = join(folder, `neverliie-ipc-${VERSION}.tgz`);
  const node = await inFolder((folder) => nodeModule(folder, "node.js"));
  await Deno.writeTextFile(join(folder, "node.js"), node);
  const types = MODULES.map(({ name }) => `${name}.d.ts`);
  await Promise.all(MODULES.map(({ entry }, at) => writeTypes(entry, join(folder, types[at]!))));
  // All below "package", as npm packs them.
  const entries = [...files.keys(), "node.js", ...types].map((name) => ({
    ...{ name: `package/${name}`, path: join(folder, name), executable: false },
  }));
  await writeTar(archive, entries);
  return { folder, archive, size };
}

/** A module with all that it imports. */
interface OneModule {
  file: string;
  text: string;
  /** What of others is in it. */
  notices: string;
}

/** Does work in a folder that is removed after it. */
async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "neverliie-package-" });
  try {
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function oneModule(name: string, entry: string): Promise<OneModule> {
  return inFolder(async (folder) => {
    const [bundle] = await bundleModules([entry], folder, { external: [LIBRARY.specifier] });
    const text = (await Deno.readTextFile(bundle!))
      .replaceAll(`from "${LIBRARY.specifier}"`, `from "${LIBRARY.file}"`);
    const file = `${name}.js`;
    // Names stay, and lines are short: a stack trace in somebody's program can be read.
    const { code } = await minify(text, { file, identifiers: false, lineLimit: 100 });
    const notices = noticesOf(
      [...(await packagesIn(text)).values()],
      "What of others is in mod.js.",
    );
    // Who maps a name to the file, with no package.json between, has the types as well.
    return { file, text: `/* @ts-self-types="./${name}.d.ts" */\n${code}`, notices };
  });
}

/** Writes the types of all modules as one file; the tools for it have a lock file of their own. */
async function writeTypes(entry: string, path: string): Promise<void> {
  const beside = (name: string) => join(CHECKOUT, "apps", "build", name);
  const { success, said } = await runDeno([
    ...["run", "--quiet", "-A", "--no-config", "--node-modules-dir=none", "--frozen"],
    ...[`--lock=${beside("declarations.lock")}`, beside("declarations.ts"), entry, path],
    ...[LIBRARY.specifier, LIBRARY.file],
  ]);
  if (!success) throw new Error(`Cannot package lib/ipc: ${said}`);
}

/** The package.json. */
function manifest(): Record<string, unknown> {
  return {
    name: NAME,
    version: VERSION,
    description:
      "Desktop programs find, wake and call each other, without a broker. For Deno and Node.",
    type: "module",
    exports: {
      // (Bun goes by "node" as well.)
      ".": { types: "./mod.d.ts", deno: "./mod.js", node: "./node.js", default: "./mod.js" },
      "./testing": { types: "./testing.d.ts", deno: "./testing.js" },
    },
    types: "./mod.d.ts",
    engines: { deno: ">=2.9.0", node: `>=${NODE_MIN}` },
    // For hosts in Node and Bun: it has the locks that Node lacks.
    peerDependencies: { koffi: KOFFI },
    peerDependenciesMeta: { koffi: { optional: true } },
  };
}

/** What the package tells of itself: the two programs of the README, by the package's name. */
async function readme(): Promise<string> {
  const text = await Deno.readTextFile(join(CHECKOUT, "README.md"));
  const programs = ["greeter", "call"].map((name) => {
    const [block] = new RegExp(`^\`\`\`ts\\n// ${name}\\.ts\\n[^]*?^\`\`\`$`, "m").exec(text) ?? [];
    if (block === undefined) throw new Error(`Cannot package lib/ipc: no ${name}.ts in README.md`);
    return block.replace('"./lib/ipc/mod.ts"', `"${NAME}"`);
  });
  return [
    `# ${NAME}`,
    "Desktop programs find, wake and call each other over named pipes (Windows) and Unix sockets\n" +
    "(Linux, macOS), without a broker between them. It runs on Deno, and in Node and Bun, where a host\n" +
    "needs the package koffi, and on Windows a client as well.",
    ...programs,
    "Run `deno run -A greeter.ts` once: it registers how it was started. From then on\n" +
    "`deno run -A call.ts` prints `Hello, you!`, 1, 2 and 3 whether the greeter runs or not.\n",
  ].join("\n\n");
}

/** Does what the command line asks for. @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const [option, value, ...more] = args.flatMap((arg) =>
    arg.startsWith("--out=") ? ["--out", arg.slice("--out=".length)] : [arg]
  );
  if (option !== undefined && (option !== "--out" || !value || more.length > 0)) {
    console.error(`Cannot understand "${args.join(" ")}": see deno task package --help`);
    return 2;
  }
  const out = value === undefined ? join(CHECKOUT, "dist", "package") : resolve(value);
  const { archive, size } = await makePackage(out);
  console.log(`${relative(Deno.cwd(), archive)}  mod.js ${(size / 1e3).toFixed(0)} kB`);
  console.log(`To use it in another folder: npm install ${basename(archive)}`);
  return 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
