/**
 * The arrows of the house, held by reading every import.
 */
import { assert, assertEquals } from "@std/assert";
import { breaches, type Import, sources } from "../../support/unit/sources.ts";

/** Modules that `import "@neverliie/ipc"` loads, both systems' folders among them. */
const MODULES_MAX = 100;

/** Where lib/ipc looks at the system outside of platform.ts: how often, and why. */
const SYSTEM_LOOKS: Readonly<Record<string, [uses: number, why: string]>> = {
  "lib/ipc/os/platform.ts": [1, "the one branch"],
  "lib/ipc/activation/start_command.ts": [1, "the file name of Deno on PATH"],
  "lib/ipc/registry/home.ts": [2, "the variable of the user's folder; paths that ignore case"],
  "lib/ipc/base/path.ts": [1, "how its paths are written"],
  "lib/ipc/registry/registry.ts": [1, "a file that is open cannot be replaced for a moment"],
  "lib/ipc/registry/registry_text.ts": [1, "nor one be opened that is being replaced"],
  "lib/ipc/base/signals.ts": [1, "which signals there are"],
  "lib/ipc/testing/processes.ts": [1, "states of processes are read from /proc"],
};

const below = (folder: string) => (path: string) => path.startsWith(folder);
const ipc = below("lib/ipc/");

Deno.test("architecture: the sources are read, and every relative import leads to one", () => {
  const imports = [...sources.values()].flatMap((source) => source.imports);
  assert(sources.size > 50 && imports.length > 150, `${sources.size}, ${imports.length}`);
  // Every "from" that the code has was understood.
  for (const [path, { code, imports }] of sources) {
    const written = code.match(/^(import|export)\b[^;]*\bfrom\s*"[^"]+";/gm) ?? [];
    assert(imports.length >= written.length, path);
  }
  const known = ({ file }: Import) => file === null || !/\.tsx?$/.test(file) || sources.has(file);
  assertEquals(breaches(() => true, known), []);
});

Deno.test("architecture: an operating system's folder knows transport.ts and itself alone", () => {
  for (const folder of ["lib/ipc/os/unix/", "lib/ipc/os/windows/"]) {
    const allowed = ({ file, specifier }: Import) =>
      file === null
        ? /^(@std\/|node:)/.test(specifier)
        : file === "lib/ipc/os/transport.ts" || file.startsWith(folder);
    assertEquals(breaches(below(folder), allowed), []);
  }
  assertEquals(
    breaches(below("lib/ipc/os/windows/"), ({ specifier }) => specifier !== "node:net"),
    [],
    "pipes come from kernel32",
  );
});

Deno.test("architecture: what stands for Deno in Node knows Node's modules, and systems beside it", () => {
  const node = below("lib/ipc/os/node/");
  const allowed = ({ file, specifier }: Import) =>
    file === null
      ? specifier.startsWith("node:")
      : node(file) || /^lib\/ipc\/os\/(transport|unix\/platform|windows\/\w+)\.ts$/.test(file);
  assertEquals(breaches(node, allowed), []);
  // Programs of Deno load nothing of it: the package's build alone knows it.
  const users = (path: string) => !node(path) && !/^apps\/build\/node_/.test(path);
  assertEquals(breaches(users, ({ file }) => !node(file ?? "")), []);
});

/** What lib/pty/windows shares with the mesh: calls, structures and overlapped I/O, no messages. */
const SHARED_WITH_PTY =
  /^lib\/ipc\/os\/windows\/(command_line|environment|kernel32|overlapped_handle|pipe|program|security|startup_info|waited_event|win32_error)\.ts$/;

Deno.test("architecture: platform.ts alone leads to an operating system's folder", () => {
  // That of Node takes its place in the module for Node.
  const outside = (path: string) =>
    path !== "lib/ipc/os/platform.ts" && !/^lib\/ipc\/os\/(unix|windows|node)\//.test(path);
  const allowed = ({ file }: Import, path: string) =>
    !/^lib\/ipc\/os\/(unix|windows)\//.test(file ?? "") ||
    (path.startsWith("lib/pty/windows/") && SHARED_WITH_PTY.test(file ?? ""));
  assertEquals(breaches(outside, allowed), []);
});

Deno.test("architecture: lib/pty branches in open.ts alone, and knows no mesh", () => {
  const outside = (path: string) => !/^lib\/pty\/(open\.ts|unix\/|windows\/)/.test(path);
  assertEquals(breaches(outside, ({ file }) => !/^lib\/pty\/(unix|windows)/.test(file ?? "")), []);
  const allowed = ({ file, specifier }: Import, path: string) =>
    file === null ? /^(@std\/|node:)/.test(specifier) : /^lib\/(pty|system)\//.test(file) ||
      (path.startsWith("lib/pty/windows/") && SHARED_WITH_PTY.test(file));
  assertEquals(breaches(below("lib/pty/"), allowed), []);
  assertEquals(sources.get("lib/pty/pty.ts")!.imports, []);
  for (const [path, { code }] of sources) {
    const looks = code.includes("Deno.build.os");
    // Inside the Unix part Linux and macOS differ in numbers, in one file.
    const known = ["lib/pty/open.ts", "lib/pty/unix/libc.ts"].includes(path);
    assert(!below("lib/pty/")(path) || !looks || known, `${path} looks at Deno.build.os`);
  }
});

Deno.test("architecture: no start waits for the logging library", () => {
  const logging = /^@logtape\//;
  const loads = ({ specifier, typeOnly }: Import) => !typeOnly && logging.test(specifier);
  const importers = [...sources].filter(([, { imports }]) => imports.some(loads));
  assertEquals(importers.map(([path]) => path), ["apps/record_sink.ts"]);
  // The package before the one that has it as its peer: see there.
  assertEquals(
    importers[0]![1].imports.filter(loads).map(({ specifier }) => specifier),
    ["@logtape/logtape", "@logtape/file"],
  );
  const users = [...sources].filter(([, { imports }]) =>
    imports.some(({ file }) => file === "apps/record_sink.ts")
  );
  assertEquals(users.map(([path]) => path), ["apps/app_log.ts"]);
  const statements = users[0]![1].code.match(/^.*record_sink\.ts.*$/gm);
  assertEquals(statements?.map((line) => / = await import\("/.test(line)), [true]);
});

Deno.test("architecture: lib/ipc imports itself, and others' modules only when needed", () => {
  const allowed = ({ file, specifier }: Import) =>
    file === null ? /^(@std\/jsonc|node:[a-z_/]+)$/.test(specifier) : ipc(file);
  assertEquals(breaches(ipc, allowed), []);
  // Each of them takes as long to load as all of the library, and every program would wait for it.
  for (const [path, { code }] of sources) {
    if (!ipc(path) || below("lib/ipc/os/node/")(path)) continue;
    const atOnce = code.match(/^(import|export)\b[^;]*?"(@std\/|node:)[^;]*;/gm) ?? [];
    assertEquals(atOnce.filter((text) => !text.startsWith("import type")), [], path);
  }
});

Deno.test("architecture: a program that imports the library loads no more modules than now", () => {
  const loaded = new Set<string>();
  const load = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { file, typeOnly, late } of sources.get(path)!.imports) {
      if (file !== null && !typeOnly && !late) load(file);
    }
  };
  load("lib/ipc/mod.ts");
  // Each one costs every start 0.2 ms, and several times that where files open slowly.
  assert(loaded.size <= MODULES_MAX, `${loaded.size} modules, and it was at most ${MODULES_MAX}`);
});

Deno.test("architecture: lib never imports apps, and lib/ipc not its own front door", () => {
  assertEquals(breaches(below("lib/"), ({ file }) => !file?.startsWith("apps/")), []);
  // The room for tests stands before the house, and comes in as programs do.
  const inside = (path: string) => ipc(path) && !below("lib/ipc/testing/")(path);
  assertEquals(
    breaches(inside, ({ file }) => file !== "lib/ipc/mod.ts"),
    [],
    "inside the library files import files",
  );
});

Deno.test("architecture: an app imports of another app its contract alone", () => {
  const appOf = (path: string) => /^apps\/([^/]+)\//.exec(path)?.[1];
  const allowed = ({ file }: Import, path: string) => {
    const target = file === null ? undefined : appOf(file);
    // What shows the suite as one belongs to all.
    return target === undefined || target === appOf(path) || target === "assets" ||
      file === `apps/${target}/contract.ts`;
  };
  assertEquals(breaches(below("apps/"), allowed), []);
});

/** Who writes other than by apps/output.ts: why it may. */
const WRITERS: Readonly<Record<string, string>> = {
  "apps/terminal/raw_terminal.ts": "a session's own output, as its program wrote it",
  "apps/neverliie/completion/completion.ts": "takes what a library would print",
  "apps/neverliie/new/template/main.ts": "is a program of somebody's own, from then on",
  "apps/neverliie/mcp/stdio.ts": "JSON for a program, which calls go on for while it is not read",
  "lib/ui/screen.tsx": "clears the screen that Ink draws on",
};

/** Where lib/ipc writes, and how often. */
const LIBRARY_WRITERS = [
  "lib/ipc/base/problem.ts 2", // what is wrong; that the app runs already
  "lib/ipc/os/unix/socket.ts 1", // an address, where nobody else listens to problems
];

Deno.test("architecture: programs write by output.ts, and views show text by plain_text.tsx", () => {
  const program = (path: string) =>
    /^(apps|lib\/ui)\//.test(path) && !/^apps\/(build|.*\/page)\//.test(path);
  const writes =
    /\bconsole\.(log|error|warn|info)\b|\b(stdout|stderr)\.(write|writable)|\bDeno\[\w+\]\.write/;
  const writers = [...sources].filter(([path, { code }]) => program(path) && writes.test(code))
    .map(([path]) => path);
  assertEquals(writers.sort(), Object.keys(WRITERS).sort());
  const library = [...sources].filter(([path, { code }]) => ipc(path) && code.includes("console."))
    .map(([path, { code }]) => `${path} ${code.split(/\bconsole\./).length - 1}`);
  assertEquals(library.sort(), LIBRARY_WRITERS);
  // Ink's own text hands on what is in it.
  const text = /import \{[^}]*\bText\b[^}]*\} from "ink"/;
  const inks = [...sources].filter(([, { code }]) => text.test(code)).map(([path]) => path);
  assertEquals(inks, ["lib/ui/plain_text.tsx"]);
});

Deno.test("architecture: programs know no browser to drive, and inspect is loaded late", () => {
  const drives = ({ specifier }: Import) => specifier.startsWith("playwright");
  assertEquals(breaches(() => true, (found) => !drives(found)), []);
  const outside = (path: string) => !/^apps\/neverliie\/inspect(\.ts|\/)/.test(path);
  const inside = ({ file, typeOnly }: Import) =>
    typeOnly || !/^apps\/neverliie\/inspect(\.ts|\/)/.test(file ?? "");
  // The type of the module that commands.ts imports by its URL leaves nothing at run time.
  const late = (path: string) => outside(path) && path !== "apps/neverliie/commands.ts";
  assertEquals(breaches(late, inside), []);
  const atOnce = /^import\b[^;]*from "\.\/inspect/m;
  assert(!atOnce.test(sources.get("apps/neverliie/commands.ts")!.code));
});

Deno.test("architecture: mod.ts re-exports and nothing else", () => {
  const rest = sources.get("lib/ipc/mod.ts")!.code
    .replaceAll(/^export (type )?\{[^}]*\} from "\.\/[a-z_/]+\.ts";$/gm, "");
  assertEquals(rest.trim(), "");
});

Deno.test("architecture: a failed call of Windows is asked for its reason by lastError", () => {
  // One looks at a lost one itself. Messages alone are made of it in lib/system.
  const known = ["pipe_listener", "win32_error"]
    .map((name) => `lib/ipc/os/windows/${name}.ts`);
  const asking = [...sources].filter(([path, { code }]) =>
    /GetLastError\(/.test(code) && !below("lib/system/")(path)
  );
  assertEquals(asking.map(([path]) => path).sort(), known);
});

Deno.test("architecture: lib/ipc looks at the system in platform.ts, and elsewhere with a reason", () => {
  for (const [path, { code }] of sources) {
    if (!ipc(path)) continue;
    const uses = code.split("Deno.build.os").length - 1;
    const [allowed] = SYSTEM_LOOKS[path] ?? [0];
    assert(uses <= allowed, `${path} looks at Deno.build.os ${uses} times, ${allowed} are known`);
  }
});
