import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import type { ScanStep } from "../../../apps/scanner/contract.ts";
import { deepScan } from "../../../apps/scanner/scan.ts";

const timeout = 20_000;
const never = new AbortController().signal;

/** Makes a real tree: a name that ends in "/" is a folder, others are files of so many bytes. */
async function withTree(
  tree: Record<string, number>,
  test: (root: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    for (const [name, size] of Object.entries(tree)) {
      const path = join(root, ...name.split("/"));
      if (name.endsWith("/")) await Deno.mkdir(path, { recursive: true });
      else await Deno.writeFile(path, new Uint8Array(size));
    }
    await test(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function scan(folder: string): Promise<{ files: ScanStep[]; last: ScanStep }> {
  const steps: ScanStep[] = [];
  for await (const step of deepScan({ folder }, never)) steps.push(step);
  const last = steps.at(-1);
  assert(last?.finished === true);
  assertEquals(steps.filter((step) => step.finished).length, 1);
  const files = steps.slice(0, -1).filter((step) => step.phase === "scanning");
  return { files, last };
}

async function canLink(): Promise<boolean> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.symlink(folder, join(folder, "link"), { type: "dir" });
    return (await Deno.lstat(join(folder, "link"))).isSymlink;
  } catch {
    return false; // Windows without the right to make links, and Wine.
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "deepScan gives every file of a tree with running and last totals",
  timeout,
  fn: () =>
    withTree({ "b/": 0, "b/c/": 0, "a.txt": 10, "b/two": 20, "b/c/three": 30 }, async (root) => {
      const { files, last } = await scan(root);
      const expected: [string, number, number][] = [
        ["a.txt", 1, 10],
        [join("b", "two"), 2, 30],
        [join("b", "c", "three"), 3, 60],
      ];
      assertEquals(files.map(({ file, done, bytes }) => [file, done, bytes]), expected);
      assert(files.every(({ total, error }) => total === 3 && error === null));
      // What files of a few bytes take is the file system's own affair.
      assert(last.taken >= 0);
      assertEquals({ ...last, taken: 0 }, {
        taken: 0,
        phase: "scanning",
        file: "",
        done: 3,
        total: 3,
        bytes: 60,
        errors: 0,
        error: null,
        finished: true,
      });
    }),
});

Deno.test({
  name: "deepScan answers before it counts, so that nobody waits for a huge tree in silence",
  timeout,
  fn: () =>
    withTree({ "a": 1 }, async (root) => {
      const steps = deepScan({ folder: root }, never);
      const { value } = await steps.next();
      assertEquals(value && [value.phase, value.done, value.total], ["counting", 0, 0]);
      await steps.return();
    }),
});

Deno.test({
  name: "deepScan of an empty folder is its totals alone",
  timeout,
  fn: () =>
    withTree({}, async (root) => {
      const { files, last } = await scan(root);
      assertEquals([files.length, last.total, last.bytes], [0, 0, 0]);
    }),
});

Deno.test({
  name: "deepScan gives non-ASCII names, spaces and quotes as they are",
  timeout,
  fn: () => {
    const names = ["größe.txt", "it's one file", "日本語 ファイル", "😀"];
    const tree = Object.fromEntries(names.map((name) => [`ordnér 1/${name}`, 1]));
    return withTree({ "ordnér 1/": 0, ...tree }, async (root) => {
      const { files } = await scan(root);
      const found = files.map(({ file }) => file.normalize("NFC")).sort();
      assertEquals(found, names.map((name) => join("ordnér 1", name)).sort());
    });
  },
});

Deno.test({
  name: "deepScan counts symbolic links, loops among them, and does not follow them",
  ignore: !await canLink(),
  timeout,
  fn: () =>
    withTree({ "inside/": 0, "inside/file": 7, "elsewhere/": 0 }, async (root) => {
      await Deno.symlink(root, join(root, "inside", "loop"), { type: "dir" });
      await Deno.symlink(join(root, "gone"), join(root, "broken"), { type: "file" });
      const { files, last } = await scan(root);
      assertEquals(files.map(({ file }) => file), [
        "broken",
        join("inside", "file"),
        join("inside", "loop"),
      ]);
      assertEquals([last.done, last.errors], [3, 0]);
    }),
});

Deno.test({
  name: "deepScan follows a link that is the folder itself",
  ignore: !await canLink(),
  timeout,
  fn: () =>
    withTree({ "real/": 0, "real/file": 1 }, async (root) => {
      await Deno.symlink(join(root, "real"), join(root, "link"), { type: "dir" });
      assertEquals((await scan(join(root, "link"))).last.done, 1);
    }),
});

Deno.test({
  name: "deepScan counts a folder without permission as an error and goes on",
  // Root may read everything, and Windows knows no such mode: the next test covers both.
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
  timeout,
  fn: () =>
    withTree({ "closed/": 0, "closed/x": 1, "open/": 0, "open/y": 2 }, async (root) => {
      await Deno.chmod(join(root, "closed"), 0o000);
      try {
        const { files, last } = await scan(root);
        assertEquals(files.map(({ file }) => file), ["closed", join("open", "y")]);
        assert(files[0]?.error);
        assertEquals([last.errors, last.done, last.bytes], [1, 1, 2]);
      } finally {
        await Deno.chmod(join(root, "closed"), 0o700);
      }
    }),
});

Deno.test({
  name: "deepScan counts a folder that vanishes before it is read as an error and goes on",
  timeout,
  fn: () =>
    withTree(
      { "a": 1, "closed/": 0, "closed/x": 1, "open/": 0, "open/y": 2 },
      async (root) => {
        const seen: ScanStep[] = [];
        for await (const step of deepScan({ folder: root }, never)) {
          if (step.phase === "scanning") seen.push(step);
          // Its parent was listed, or this file would not be known; it itself was not yet.
          if (step.file === "a") await Deno.remove(join(root, "closed"), { recursive: true });
        }
        assertEquals(seen.map(({ file }) => file), ["a", "closed", join("open", "y"), ""]);
        assert(seen[1]?.error);
        const last = seen.at(-1);
        assertEquals([last?.errors, last?.done, last?.total, last?.bytes], [1, 2, 2, 3]);
      },
    ),
});

Deno.test({
  name: "deepScan stops at the next entry when its signal is aborted",
  timeout,
  fn: () => {
    const tree = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`f${n}`, 1]));
    return withTree(tree, async (root) => {
      const controller = new AbortController();
      let files = 0;
      await assertRejects(
        async () => {
          for await (const step of deepScan({ folder: root }, controller.signal)) {
            if (step.phase !== "scanning") continue;
            files += 1;
            if (files === 100) controller.abort(new Error("enough"));
          }
        },
        Error,
        "enough",
      );
      assertEquals(files, 100);
    });
  },
});

Deno.test("deepScan does nothing when its signal was aborted before", async () => {
  const steps = deepScan({ folder: "no such folder" }, AbortSignal.abort(new Error("enough")));
  await assertRejects(() => steps.next(), Error, "enough");
});

Deno.test({
  name: "deepScan says what is wrong with a missing folder, a file and no name at all",
  timeout,
  fn: () =>
    withTree({ "file": 1 }, async (root) => {
      const first = (folder: unknown) => deepScan({ folder: folder as string }, never).next();
      const missing = join(root, "missing");
      await assertRejects(
        () => first(missing),
        Deno.errors.NotFound,
        `Cannot scan "${missing}": there is no such folder`,
      );
      await assertRejects(
        () => first(join(root, "file")),
        Deno.errors.NotADirectory,
        "it is not a folder",
      );
      await assertRejects(() => first(""), TypeError, "give the path of a folder");
      await assertRejects(() => first(undefined), TypeError, "give the path of a folder");
    }),
});
