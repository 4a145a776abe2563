/** What a scan tells beside its steps: the largest, the duplicates, and the report of them. */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { dirname, join } from "@std/path";
import { parseArguments } from "../../../apps/scanner/arguments.ts";
import type {
  DeepScanParams,
  ScanStep,
  ScanSummary,
  Sized,
} from "../../../apps/scanner/contract.ts";
import { report } from "../../../apps/scanner/report.ts";
import { deepScan } from "../../../apps/scanner/scan.ts";
import { displayWidth } from "../../../lib/ui/text.ts";

const never = new AbortController().signal;

async function withTree(
  tree: Record<string, string | Uint8Array<ArrayBuffer>>,
  test: (root: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "neverliie-scan-" });
  try {
    for (const [name, content] of Object.entries(tree)) {
      const path = join(root, ...name.split("/"));
      await Deno.mkdir(dirname(path), { recursive: true });
      if (typeof content === "string") await Deno.writeTextFile(path, content);
      else await Deno.writeFile(path, content);
    }
    await test(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function scan(params: DeepScanParams): Promise<{ steps: ScanStep[]; summary: ScanSummary }> {
  const steps = await Array.fromAsync(deepScan(params, never));
  return { steps, summary: steps.at(-1)!.summary! };
}

/** Bytes that are the same up to the last one, and longer than what is read of a beginning. */
function large(last: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(40_000).fill(7);
  bytes[bytes.length - 1] = last;
  return bytes;
}

Deno.test("deepScan tells the largest files, and folders with all that is below them", () =>
  withTree(
    { "a/b/big": "x".repeat(50), "a/mid": "x".repeat(20), "c/small": "x", "top": "xx" },
    async (
      root,
    ) => {
      const { summary, steps } = await scan({ folder: root, top: 2 });
      const told = (sized: Sized[]) => sized.map(({ path, bytes }) => [path, bytes]);
      // (All of these files take the same on disk.)
      assertEquals(told(summary.largestFiles), [[join("a", "b", "big"), 50], [
        join("a", "mid"),
        20,
      ]]);
      assertEquals(told(summary.largestFolders), [["", 73], ["a", 70]]);
      assertEquals([summary.folders, summary.duplicates], [4, []]);
      assertEquals(steps.filter(({ summary }) => summary !== undefined).length, 1);
    },
  ));

Deno.test("deepScan finds files of the same content: short ones, long ones, and no others", () =>
  withTree({
    ...{ "one": "same", "x/two": "same", "other": "diff", "empty": "", "x/empty": "" },
    ...{ "large 1": large(1), "large 2": large(2), "x/large 1": large(1), "alone": "alone" },
  }, async (root) => {
    const { summary } = await scan({ folder: root, duplicates: true });
    assertEquals(summary.duplicates.map(({ bytes, files }) => [bytes, files]), [
      [40_000, ["large 1", join("x", "large 1")]],
      [4, ["one", join("x", "two")]],
    ]);
    assertEquals(summary.duplicateBytes, 40_004);
    assertEquals(
      summary.duplicates[1]!.hash,
      new Uint8Array(
        await crypto.subtle.digest("SHA-256", new TextEncoder().encode("same")),
      ).toHex(),
    );
  }));

Deno.test({
  name: "deepScan: two names of one file are no duplicates, nor are links to it",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withTree({ "one": "same", "z": "same" }, async (root) => {
      await Deno.link(join(root, "one"), join(root, "two"));
      await Deno.symlink("one", join(root, "link"));
      const { summary } = await scan({ folder: root, duplicates: true });
      assertEquals(summary.duplicates.map(({ files }) => files), [["one", "z"]]);
    }),
});

Deno.test({
  name: "deepScan goes on past a file that cannot be read while it compares",
  // Root reads everything, and Windows has other rights.
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
  fn: () =>
    withTree({ "one": "same", "two": "same", "three": "same" }, async (root) => {
      await Deno.chmod(join(root, "two"), 0o000);
      const { summary, steps } = await scan({ folder: root, duplicates: true });
      assertEquals(summary.duplicates.map(({ files }) => files), [["one", "three"]]);
      assertEquals(steps.at(-1)!.errors, 1);
    }),
});

Deno.test("deepScan tells how many files are the same, and no more of their names than can be sent", () =>
  withTree(
    Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`f${i}`, "the same"])),
    async (root) => {
      const { summary, steps } = await scan({ folder: root, duplicates: true });
      const [group] = summary.duplicates;
      assertEquals([group!.count, group!.files.length, summary.duplicateBytes], [
        150,
        100,
        149 * 8,
      ]);
      const lines = report(steps.at(-1)!, { duplicates: true, columns: 80, colour: false });
      assertStringIncludes(lines.join("\n"), "150 times");
      assertStringIncludes(lines.at(-1)!, "… 147 more");
    },
  ));

Deno.test("deepScan: steps of progress are few, and tell the rate", () =>
  withTree(
    Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`d${i % 9}/f${i}`, `${i % 50}`])),
    async (root) => {
      const { steps, summary } = await scan({ folder: root, steps: "progress", duplicates: true });
      assert(steps.length < 250, `${steps.length} steps for 500 files`);
      assertEquals([steps.at(-1)!.done, steps.at(-1)!.finished], [500, true]);
      assert(summary.rate > 0 && summary.seconds >= 0);
      for (const { phase, rate, finished } of steps) {
        assert(phase === "counting" || finished || rate! > 0);
      }
    },
  ));

Deno.test("deepScan is cancelled while it compares", () =>
  withTree(
    Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`f${i}`, "the same"])),
    async (root) => {
      const cancel = new AbortController();
      const steps = deepScan({ folder: root, duplicates: true }, cancel.signal);
      await assertRejects(
        async () => {
          for await (const { phase, done } of steps) {
            if (phase === "hashing" && done > 5) cancel.abort(new Error("enough"));
          }
        },
        Error,
        "enough",
      );
    },
  ));

Deno.test("deepScan says which option it does not understand", async () => {
  const fails = (params: Record<string, unknown>, message: string) =>
    assertRejects(
      () => Array.fromAsync(deepScan({ folder: ".", ...params } as DeepScanParams, never)),
      Error,
      message,
    );
  await fails({ steps: "some" }, 'steps "some"');
  await fails({ top: -1 }, "top must be 0 to 1000");
  await fails({ top: 1.5 }, "top must be");
});

Deno.test("the report fits its columns and tells what was asked for", () => {
  const summary: ScanSummary = {
    folders: 1,
    seconds: 75,
    rate: 20_000,
    largestFiles: [
      { path: "日本/a very long name that does not fit".repeat(3), bytes: 5 << 20, taken: 750 },
    ],
    largestFolders: [{ path: "", bytes: 5 << 20, taken: 1000 }],
    duplicates: [{ bytes: 100, hash: "", count: 4, files: ["a", "b", "c", "d\x1b[2J"] }],
    duplicateBytes: 300,
  };
  const last: ScanStep = {
    ...{ phase: "scanning", file: "", done: 1, total: 1, bytes: 5 << 20, taken: 1000, errors: 2 },
    ...{ error: null, finished: true, summary },
  };
  const lines = report(last, { duplicates: true, columns: 60, colour: false });
  const text = lines.join("\n");
  const totals = "1 file, 5.0 MiB (1000 B on disk), 2 could not be read in 1 folder, 1 min 15 s";
  assertStringIncludes(lines[0]!, totals);
  assertStringIncludes(text, "   ON DISK      LENGTH");
  assertStringIncludes(text, "     750 B     5.0 MiB  █████████░░░  日本/a very");
  assertStringIncludes(text, "    1000 B     5.0 MiB  ████████████  .");
  assertStringIncludes(text, "Duplicates  300 B could be freed");
  assertStringIncludes(text, "4 times");
  assertStringIncludes(text, "… 1 more");
  for (const line of lines.slice(2)) assert(displayWidth(line) <= 60, line);
  const plain = report({ ...last, summary: { ...summary, duplicates: [] } }, {
    ...{ duplicates: true, columns: 60, colour: false },
  });
  assertStringIncludes(plain.at(-1)!, "no two files");
});

Deno.test("the scanner's arguments", () => {
  assertEquals(parseArguments(["a", "--top", "3", "--duplicates"]), {
    ...{ folder: "a", top: 3, duplicates: true, json: false },
  });
  assertEquals(parseArguments(["--json", "--top=0", "a"]).top, 0);
  for (
    const [args, message] of [
      [[], "Cannot scan 0 folders"],
      [["a", "b"], "Cannot scan 2 folders"],
      [["a", "--top"], "--top needs"],
      [["a", "--top=x"], "--top needs"],
      [["a", "--depth"], 'Cannot understand "--depth"'],
    ] as const
  ) assertThrows(() => parseArguments(args), TypeError, message);
});
