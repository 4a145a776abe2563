/** What a scan tells of a disk, held against `du`; and trees that a scan must not stumble over. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import type { DeepScanParams, ScanStep } from "../../../apps/scanner/contract.ts";
import { deepScan } from "../../../apps/scanner/scan.ts";

const never = new AbortController().signal;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** GNU's tools and names of any bytes: the mesh suite has what can be seen everywhere. */
function linuxTest(name: string, fn: (root: string) => Promise<void>): void {
  Deno.test({
    name,
    ignore: Deno.build.os !== "linux",
    async fn() {
      const root = await Deno.makeTempDir({ prefix: "neverliie-scan-" });
      try {
        await fn(root);
      } finally {
        // (Some of these names are none to Deno.)
        await shell("/", 'rm -rf "$0"', root);
      }
    },
  });
}

/** Runs a few lines in the folder, and gives what they print. */
async function shell(cwd: string, script: string, ...args: string[]): Promise<string> {
  const command = new Deno.Command("bash", { args: ["-ec", script, ...args], cwd });
  const { success, stdout, stderr } = await command.output();
  assert(success, text(stderr));
  return text(stdout);
}

async function scan(params: DeepScanParams): Promise<{ errors: ScanStep[]; last: ScanStep }> {
  const steps = await Array.fromAsync(deepScan(params, never));
  return { errors: steps.filter(({ error }) => error !== null), last: steps.at(-1)! };
}

linuxTest("deepScan counts hard links once and holes not at all, as du does", async (root) => {
  await shell(
    root,
    `mkdir -p a/b c empty
    head -c 1000000 /dev/zero > a/file
    for i in 1 2 3 4; do ln a/file c/name$i; done
    truncate -s 2G a/b/holes
    echo text >> a/b/holes
    head -c 30000 /dev/urandom > c/data
    ln -s file a/link
    sync .`,
  );
  const { last } = await scan({ folder: root, top: 3, duplicates: true });
  const [taken] = (await shell(root, "du -s -B1 .")).split("\t");
  // The lengths of what is no folder: versions of du differ on folders' own.
  const lengths = await shell(root, "find . ! -type d -print0 | du -cb --files0-from=- | tail -1");
  assertEquals([last.taken, last.bytes], [Number(taken), Number(lengths.split("\t")[0])]);
  assertEquals([last.done, last.errors], [8, 0]);
  const { largestFiles, largestFolders, folders, duplicates } = last.summary!;
  // The first name in the order of the walk; and 2 GiB of holes take less than that.
  assertEquals(largestFiles.map(({ path }) => path), ["a/file", "c/data", "a/b/holes"]);
  assertEquals(largestFiles.at(-1)!.bytes, 2 * 2 ** 30 + 5);
  assertEquals([largestFolders[0]!.path, largestFolders[0]!.taken], ["", last.taken]);
  assertEquals([largestFolders[1]!.path, folders, duplicates], ["a", 5, []]);
});

linuxTest("deepScan tells of names that are not UTF-8, and goes on", async (root) => {
  await shell(
    root,
    `echo x > good; mkdir sub $'folder-\\xff'; echo y > sub/last; echo z > $'folder-\\xff/in'
    echo x > $'bad-\\xff\\xfe.txt'
    # Two that look the same as text, and one whose name that is.
    echo 1 > $'same-\\xff'; echo 2 > $'same-\\xfe'; echo 12 > $'same-\\xef\\xbf\\xbd'`,
  );
  const { errors, last } = await scan({ folder: root });
  assertEquals(errors.map(({ file }) => file), [
    "bad-\uFFFD\uFFFD.txt",
    "same-\uFFFD",
    "same-\uFFFD",
    "folder-\uFFFD",
  ]);
  for (const { error } of errors) assertStringIncludes(error!, "its name is not text in UTF-8");
  assertEquals([last.done, last.errors, last.bytes], [6, 4, 2 + 3 + 2]);
});

linuxTest(
  "deepScan goes on beside a folder that is deeper than paths can be long",
  async (root) => {
    // 25 names of 200 letters are over the 4,096 bytes of a path.
    await shell(
      root,
      `echo x > z
    name=$(printf 'd%.0s' {1..200})
    for i in {1..25}; do mkdir $name; cd $name; echo x > file; done`,
    );
    const { errors, last } = await scan({ folder: root, top: 1 });
    assertEquals(errors.length, 1);
    assertMatch(errors[0]!.error!, /name too long/i);
    assert(last.done > 15 && last.done < 26, `${last.done} files`);
    assertEquals(last.bytes, 2 * last.done);
  },
);

linuxTest(
  "deepScan takes a folder with very many folders, however small its stack",
  async (root) => {
    // (As many as a call may have arguments grows with the stack: 125,000 with the usual one.)
    await shell(root, "seq -f 'd%06g' 12000 | xargs mkdir");
    const program = `
    import { deepScan } from ${
      JSON.stringify(import.meta.resolve("../../../apps/scanner/scan.ts"))
    };
    const params = { folder: ${JSON.stringify(root)}, steps: "progress", top: 1 };
    const steps = await Array.fromAsync(deepScan(params, new AbortController().signal));
    console.log(steps.at(-1).summary.folders);`;
    const path = join(root, "scan.ts");
    await Deno.writeTextFile(path, program);
    const checkout = fromFileUrl(new URL("../../..", import.meta.url));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--v8-flags=--stack-size=80", "--config"]
        .concat(join(checkout, "deno.json"))
        .concat(`--import-map=${join(checkout, "lib", "std", "import_map.json")}`, path),
    }).output();
    assertEquals([code, text(stdout).trim()], [0, "12001"], text(stderr));
  },
);
