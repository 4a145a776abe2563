/**
 * Paths are those of Node's `path.posix` and `path.win32`, both families on every system.
 */
import { posix, win32 } from "node:path";
import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { join, type Paths, samePath, unixPaths, windowsPaths } from "../../../lib/ipc/base/path.ts";

const part = fc.oneof(
  fc.constantFrom(".", "..", "a", "B", "...", ".x", "a.b", "a.b.ts", "with space", "ü"),
  fc.string({ maxLength: 6 }).map((text) => text.replaceAll(/[\\/:?\0]/g, "")),
);

/** Paths of one family: any root, any separators, any parts. */
function pathsOf(roots: readonly string[], separators: readonly string[]): fc.Arbitrary<string> {
  const step = fc.tuple(part, fc.constantFrom(...separators)).map(([a, b]) => a + b);
  return fc.tuple(fc.constantFrom(...roots), fc.array(step, { maxLength: 6 }), part)
    .map(([root, steps, last]) => root + steps.join("") + last);
}

/** Two slashes and a dot begin the name of a device: to Node that dot is a root, to `@std/path` a server. */
const isFile = (path: string) => !/^[\\/]{2}\./.test(path);

interface Family {
  ours: Paths;
  node: typeof posix;
  any: fc.Arbitrary<string>;
  absolute: fc.Arbitrary<string>;
}

const slashes = ["\\", "/", "\\\\", "//", "\\/"];
const shares = [
  "\\\\server\\share\\",
  "//server/share/",
  "\\\\server\\\\other\\",
  "\\\\SERVER/share/",
];
const drives = ["C:\\", "c:/", "D:\\\\", "C:\\"];
const families: Record<string, Family> = {
  unix: {
    ours: unixPaths,
    node: posix,
    any: pathsOf(["", "/", "//", "./", "../"], ["/", "//"]),
    absolute: pathsOf(["/", "//"], ["/", "//"]),
  },
  windows: {
    ours: windowsPaths,
    node: win32,
    any: pathsOf(["", "\\", "/", "C:", ".\\", "\\\\", ...drives, ...shares], slashes).filter(
      isFile,
    ),
    absolute: pathsOf([...drives, ...shares], slashes),
  },
};

for (const [name, { ours, node, any, absolute }] of Object.entries(families)) {
  const holds = (
    what: string,
    of: fc.Arbitrary<string[]>,
    mine: (paths: string[]) => unknown,
    theirs: (paths: string[]) => unknown,
  ) =>
    Deno.test(`path: ${what} of ${name} is Node's`, () => {
      fc.assert(fc.property(of, (paths) => assertEquals(mine(paths), theirs(paths))), {
        numRuns: 2_000,
      });
    });
  const one = any.map((path) => [path]);
  const two = fc.tuple(absolute, absolute);
  // A drive in the middle: Node hides it behind a dot, @std/path does not.
  const rest = fc.array(any.filter((path) => !path.includes(":")), { maxLength: 3 });
  // Node keeps repeated separators before what it takes off.
  const plain = any.map((path) => [node.normalize(path)]);

  holds("isAbsolute", one, ([a]) => ours.isAbsolute(a!), ([a]) => node.isAbsolute(a!));
  holds("normalize", one, ([a]) => ours.normalize(a!), ([a]) => node.normalize(a!));
  holds(
    "join",
    fc.tuple(any, rest).map(([first, rest]) => [first, ...rest]),
    (all) => ours.join(...all),
    (all) => node.join(...all),
  );
  holds("dirname", plain, ([a]) => ours.dirname(a!), ([a]) => node.dirname(a!));
  holds("extname", one, ([a]) => ours.extname(a!), ([a]) => node.extname(a!));
  holds(
    "basename",
    // Of a root it is the separator here, as in @std/path, and nothing in Node.
    plain.filter(([a]) => node.basename(a!) !== ""),
    ([a]) => ours.basename(a!),
    ([a]) => node.basename(a!),
  );
  holds(
    "basename without its ending",
    // Node looks for the ending behind separators as well.
    plain.filter(([a]) => /[^\\/]$/.test(node.basename(a!)) && !/[\\/]$/.test(a!)),
    ([a]) => ours.basename(a!, ".ts"),
    ([a]) => node.basename(a!, ".ts"),
  );
  holds(
    "resolve",
    // What is in the current folder of a drive depends on where the test runs.
    fc.tuple(absolute, fc.array(fc.oneof(absolute, any), { maxLength: 3 }))
      .map(([first, rest]) => [first, ...rest])
      .filter((all) => !all.some((path) => /^[a-z]:(?![\\/])/i.test(path))),
    (all) => ours.resolve(...all),
    (all) => node.resolve(...all),
  );
  holds("relative", two, ([a, b]) => ours.relative(a!, b!), ([a, b]) => node.relative(a!, b!));

  Deno.test(`path: a file URL of ${name} leads back to its path`, () => {
    fc.assert(fc.property(absolute, (path) => {
      const whole = ours.resolve(path);
      const back = ours.fromFileUrl(ours.toFileUrl(whole));
      assertEquals(back.toLowerCase(), whole.toLowerCase());
    }));
  });
}

Deno.test("path: the root of a path has itself for its name, as in @std/path", () => {
  assertEquals(unixPaths.basename("//"), "/");
  assertEquals(windowsPaths.basename("C:\\"), "\\");
  assertEquals(unixPaths.basename(""), "");
  assertEquals(unixPaths.dirname("a//b"), "a");
});

Deno.test("path: a relative path begins at the working directory", () => {
  const { ours, node } = families[Deno.build.os === "windows" ? "windows" : "unix"]!;
  for (const path of ["", "a", "../b", "./c/"]) {
    assertEquals(ours.resolve(path), node.resolve(path));
    assertEquals(ours.relative(path, "x/y"), node.relative(path, "x/y"));
  }
});

Deno.test("path: two ways to write a path of Windows lead to the same place, two names do not", () => {
  const { same } = windowsPaths;
  const program = "C:\\Users\\Ann\\NeverLiie\\statusbar.exe";
  assertEquals(same(program, "c:\\users\\ann\\neverliie\\STATUSBAR.EXE"), true);
  assertEquals(same(program, "C:/Users/Ann/x/../NeverLiie/statusbar.exe"), true);
  assertEquals(same(program, "C:\\Users\\Ann\\NeverLiie\\statusbar2.exe"), false);
  assertEquals(same(program, "D:\\Users\\Ann\\NeverLiie\\statusbar.exe"), false);
  assertEquals(unixPaths.same("/no/such/File", "/no/such/file"), false);
});

Deno.test("path: links are followed to the same place, also for what is not there yet", () => {
  const folder = Deno.makeTempDirSync({ prefix: "neverliie-" });
  try {
    const [real, link] = [join(folder, "real"), join(folder, "link")];
    Deno.mkdirSync(real);
    Deno.writeTextFileSync(join(real, "a"), "");
    Deno.symlinkSync(real, link, { type: "junction" });
    assertEquals(samePath(join(link, "a"), join(real, "a")), true);
    assertEquals(samePath(join(link, "not", "there"), join(real, "not", "there")), true);
    assertEquals(samePath(link, folder), false);
    assertEquals(samePath(join(link, "a"), join(real, "b")), false);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
