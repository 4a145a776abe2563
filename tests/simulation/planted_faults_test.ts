import { assertEquals } from "@std/assert";
import { fromFileUrl, join, toFileUrl } from "@std/path";
import type { LaunchCommand } from "../../lib/ipc/mod.ts";
import { ownModuleFlags } from "../../lib/packages/module_flags.ts";
import { platform } from "../../lib/ipc/os/platform.ts";
import { ownProduct } from "./product.ts";
import { runSeeds } from "./seeds.ts";
import { loadProduct, simulate } from "./simulate.ts";
import { copyFolder } from "../support/run/copy_folder.ts";
import { plant, PLANTED_FAULTS, type PlantedFault } from "./planted_faults.ts";

/** The first of those that simulation_test.ts runs. */
const SEEDS = 4_000;
/** Seeds that are run before what they came to is looked at. */
const SHARE = 400;

const ipc = fromFileUrl(new URL("../../lib/ipc", import.meta.url));

/** Copies of lib/ipc, each with one of the faults, in a folder that is removed afterwards. */
async function planted(
  work: (folder: string, copies: ReadonlyMap<PlantedFault, string>) => Promise<void>,
): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "neverliie-planted-" });
  try {
    const copies = new Map<PlantedFault, string>();
    for (const [index, fault] of PLANTED_FAULTS.entries()) {
      const lib = join(folder, `${index}`);
      copyFolder(ipc, lib);
      plant(fault, lib);
      copies.set(fault, lib);
    }
    await work(folder, copies);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("planted faults: each can be planted once, and all of them type-check", async () => {
  assertEquals(new Set(PLANTED_FAULTS.map(({ name }) => name)).size, 10);
  const folder = Deno.makeTempDirSync({ prefix: "neverliie-planted-" });
  try {
    const lib = join(folder, "ipc");
    copyFolder(ipc, lib);
    for (const fault of PLANTED_FAULTS) plant(fault, lib);
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["check", "--quiet", "--no-config", ...ownModuleFlags()],
        ...[join(lib, "mod.ts"), join(lib, "tools.ts")],
      ],
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    assertEquals([success, new TextDecoder().decode(stderr)], [true, ""]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("planted faults: in ordinary use none of them shows", () =>
  planted(async (folder, copies) => {
    // The system's libraries are loaded on first use and stay.
    platform().userId();
    for (const [{ name }, lib] of copies) {
      const { NeverLiieIPC } = await import(
        toFileUrl(join(lib, "mod.ts")).href
      ) as typeof import("../../lib/ipc/mod.ts");
      const home = join(folder, `home of ${name}`);
      const problems: string[] = [];
      const onProblem = (problem: string) => problems.push(problem);
      let runtime: string;
      {
        const launch: LaunchCommand = { type: "binary", cmd: [Deno.execPath()], cwd: folder };
        await using app = await NeverLiieIPC.open("app", { home, launch, onProblem });
        app.expose("add", ({ a, b }: { a: number; b: number }) => a + b);
        app.expose("count", function* ({ to }: { to: number }) {
          for (let n = 0; n < to; n++) yield n;
        });
        await using client = await NeverLiieIPC.client({ home, onProblem });
        assertEquals(await client.call("app", "add", { a: 1, b: 2 }), 3, name);
        const items = await Array.fromAsync(client.stream("app", "count", { to: 1_000 }));
        assertEquals(items, Array.from({ length: 1_000 }, (_, n) => n), name);
        for await (const item of client.stream<number>("app", "count", { to: 1_000 })) {
          if (item === 10) break;
        }
        const { apps } = await client.registry.read();
        assertEquals(apps.get("app")?.cmd, launch.cmd, name);
        runtime = app.home.runtime;
      }
      assertEquals(problems, [], name);
      // (On Windows it is in the home.)
      if (!runtime.startsWith(folder)) Deno.removeSync(runtime, { recursive: true });
    }
  }));

Deno.test(`planted faults: the simulator finds each by three of the first ${SEEDS} seeds`, () =>
  planted(async (_folder, copies) => {
    const own = await ownProduct();
    const unfound: string[] = [];
    for (const [{ name }, lib] of copies) {
      const product = await loadProduct(lib);
      const found: string[] = [];
      for (let first = 1; first <= SEEDS && found.length < 3; first += SHARE) {
        const threads = navigator.hardwareConcurrency;
        const share = { first, count: SHARE, threads, failuresMax: 3 };
        for (const { seed, failure } of (await runSeeds(product, share)).failed) {
          // One that fails as it is shows nothing.
          if ((await simulate(own, seed)).failure === null) found.push(`${seed}: ${failure}`);
        }
      }
      console.log([name, ...found.slice(0, 3)].join("\n  "));
      if (found.length < 3) unfound.push(name);
    }
    assertEquals(unfound, []);
  }));
