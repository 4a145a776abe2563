/**
 * How packages are found, pinned and fetched, seen on a small checkout with registries of npm and
 * JSR on loopback: the project's own task and scripts, and a Deno that has never fetched anything.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { LockFile } from "../../../lib/packages/lock_file.ts";
import { JsrRegistry } from "../../support/packages/jsr_registry.ts";
import { nobodysUrl } from "../../support/packages/loopback_server.ts";
import { NpmRegistry } from "../../support/packages/npm_registry.ts";
import {
  type Registries,
  SmallCheckout,
  type TaskResult,
} from "../../support/packages/small_checkout.ts";

const START = ["task", "start"];
/** Starts the program without the task, as one starts a script of one's own beside it. */
const BY_HAND = ["run", "-q", "--import-map=lib/std/import_map.json", "apps/launcher/main.ts"];
const FETCHING =
  "Fetching the packages for launcher, statusbar, scanner, terminal, and neverliie, once …";

/** A checkout and its registries. */
interface World extends Registries {
  checkout: SmallCheckout;
  registry: NpmRegistry;
  jsrRegistry: JsrRegistry;
  /** The registries where JSR is out of reach. */
  withoutJsr: Registries;
  /** A release of a package that `front`, which the program imports, needs in any version 1. */
  publishDeep(version: string, more?: string): Promise<void>;
  publishPath(version: string, more?: string): Promise<void>;
  /** Starts the program where nothing was ever fetched. */
  freshStart(registries: Registries): Promise<TaskResult>;
}

function packagesTest(name: string, body: (world: World) => Promise<void>): void {
  Deno.test(`packages: ${name}`, async () => {
    await using registry = new NpmRegistry();
    await using jsrRegistry = new JsrRegistry();
    await using checkout = await SmallCheckout.make();
    const publishDeep = (version: string, more = "") =>
      registry.publish("deep", version, { code: `export const deep = "${version}";${more}` });
    const publishPath = (version: string, more = "") =>
      jsrRegistry.publish("@std/path", version, `export const source = "${version}";${more}`);
    await publishDeep("1.0.0");
    await registry.publish("front", "1.0.0", {
      code: `import { deep } from "deep"; export const versions = { front: "1.0.0", deep };`,
      dependencies: { deep: "^1.0.0" },
    });
    await registry.publish("only-tests", "1.0.0", { code: "" });
    await publishPath("1.0.0");
    const both = { npm: registry.url, jsr: jsrRegistry.url };
    const withoutJsr = { npm: registry.url, jsr: nobodysUrl() };
    const { code, told } = await checkout.deno(["task", "lock"], withoutJsr);
    assertEquals(code, 0, told.join("\n"));
    registry.takeAsked();
    const freshStart = (registries: Registries) => {
      checkout.emptyCache();
      return checkout.deno(START, registries);
    };
    const publishing = { publishDeep, publishPath };
    await body({ ...both, checkout, registry, jsrRegistry, withoutJsr, ...publishing, freshStart });
  });
}

/** What the program prints. */
const got = (source: string, deep: string) => ({ source, versions: { front: "1.0.0", deep } });

/** The names of npm's packages in a lock file. */
function npmPackages(text: string | null): string[] {
  return Object.keys((JSON.parse(text!) as LockFile).npm!);
}

packagesTest("a release of what a package needs changes nothing", async (world) => {
  const { checkout, publishDeep, withoutJsr } = world;
  const lock = await checkout.read("deno.lock");
  assertEquals(npmPackages(lock), ["deep@1.0.0", "front@1.0.0", "only-tests@1.0.0"]);
  assert(!lock!.includes("127.0.0.1"), lock!);
  await publishDeep("1.1.0");
  // It would: this is a script that nobody pinned, and it is not hit.
  checkout.emptyCache();
  assertEquals((await checkout.deno(BY_HAND, withoutJsr)).printed, got("stand-in", "1.1.0"));
  assertEquals((await world.freshStart(withoutJsr)).printed, got("stand-in", "1.0.0"));
  assertEquals((await world.freshStart(world)).printed, got("1.0.0", "1.0.0"));
  assertEquals(await checkout.read("deno.lock"), lock);
});

packagesTest("what comes from JSR is added to a copy once, and frozen too", async (world) => {
  const { checkout, publishDeep, publishPath, jsrRegistry } = world;
  const copy = () => checkout.read("deno.jsr.lock");
  assertEquals((await world.freshStart(world.withoutJsr)).printed, got("stand-in", "1.0.0"));
  assertEquals(await copy(), null);
  assertEquals((await world.freshStart(world)).printed, got("1.0.0", "1.0.0"));
  const made = await copy();
  assertEquals(npmPackages(made), npmPackages(await checkout.read("deno.lock")));
  assertEquals(Object.keys((JSON.parse(made!) as LockFile).jsr!), ["@std/path@1.0.0"]);

  await publishPath("1.1.0");
  assertEquals((await world.freshStart(world)).printed, got("1.0.0", "1.0.0"));
  assertEquals(await copy(), made);
  // The same packages of npm where JSR is out of reach again.
  assertEquals((await world.freshStart(world.withoutJsr)).printed, got("stand-in", "1.0.0"));
  jsrRegistry.takeAsked();

  // Another lock file, as after a pull: the copy follows, and keeps what it has of JSR.
  await publishDeep("1.1.0");
  const renewed = await checkout.deno(["task", "lock", "--update"], world);
  assertEquals(renewed.printed, "deno.lock is renewed");
  assertEquals((await world.freshStart(world)).printed, got("1.0.0", "1.1.0"));
  assertEquals(npmPackages(await copy()), npmPackages(await checkout.read("deno.lock")));
  // A copy that a crash cut off is made anew.
  await checkout.write("deno.jsr.lock", made!.slice(0, 100));
  assertEquals((await world.freshStart(world)).printed, got("1.1.0", "1.1.0"));
});

packagesTest("an archive that was changed is refused, and nothing of it runs", async (world) => {
  const { publishDeep, publishPath, withoutJsr } = world;
  await world.freshStart(world);
  await publishDeep("1.0.0", `console.log("changed");`);
  for (const registries of [world, withoutJsr]) {
    const { code, printed, told } = await world.freshStart(registries);
    assertEquals([code, printed, told.length], [1, "", 2], told.join("\n"));
    assertMatch(told[1]!, /^Cannot use .*not what deno\.lock names.* for deep@1\.0\.0/);
  }
  await publishDeep("1.0.0");
  await publishPath("1.0.0", `console.log("changed");`);
  const { code, printed, told } = await world.freshStart(world);
  assertEquals([code, printed], [0, got("stand-in", "1.0.0")], told.join("\n"));
  assertMatch(told[0]!, /^Cannot use what JSR sent, .*Integrity check failed/);
});

packagesTest(
  "a first start fetches what it needs alone, and says so on one line",
  async (world) => {
    const { checkout, registry, withoutJsr } = world;
    const first = await world.freshStart(withoutJsr);
    assertEquals([first.code, first.told], [0, [FETCHING]]);
    // Nothing that tests alone need, and of what is pinned no list of releases. (Of what is imported
    // Deno asks for one beside, and again where it was not waited for.)
    const takeAsked = () => registry.takeAsked().filter((path) => path !== "/front").sort();
    assertEquals(takeAsked(), ["/deep/-/deep-1.0.0.tgz", "/front/-/front-1.0.0.tgz"]);
    const second = await checkout.deno(START, withoutJsr);
    assertEquals([second.code, second.told, takeAsked()], [0, [], []]);
    // Not even the network is needed any more.
    const away = { npm: nobodysUrl(), jsr: nobodysUrl() };
    const { npm } = withoutJsr;
    registry.down = true;
    assertEquals((await checkout.deno(START, { ...away, npm })).printed, got("stand-in", "1.0.0"));
  },
);

packagesTest("what takes over a second is shown to go on", async (world) => {
  world.registry.delay = 1_300;
  const { code, told, progress } = await world.freshStart(world.withoutJsr);
  assertEquals([code, told], [0, [FETCHING]]);
  assert(progress.length >= 2, progress.join("\n"));
  assertMatch(progress[0]!, /^ +\d packages so far, \d+ s$/);
  assertMatch(progress.at(-1)!, /^ +2 packages in \d+ s$/);
});

packagesTest("without a network, one error says what to do", async (world) => {
  const { code, printed, told } = await world.freshStart({ npm: nobodysUrl(), jsr: nobodysUrl() });
  assertEquals([code, printed, told[0], told.length], [1, "", FETCHING, 2], told.join("\n"));
  assertMatch(told[1]!, /^Cannot fetch .*is the network there\?.*HTTPS_PROXY.*refused/);
});

packagesTest("a lock file that is gone is told by name, and stops no start", async (world) => {
  const { checkout, publishDeep } = world;
  await Deno.remove(`${checkout.folder}/deno.lock`);
  await publishDeep("1.1.0");
  for (const [registries, source] of [[world.withoutJsr, "stand-in"], [world, "1.0.0"]] as const) {
    const { code, printed, told } = await world.freshStart(registries);
    assertEquals([code, printed], [0, got(source, "1.1.0")]);
    assertMatch(told[0]!, /^deno\.lock is gone: .*git checkout deno\.lock$/);
  }
  assertEquals(await checkout.read("deno.jsr.lock"), null);
});

packagesTest(
  "a package that the lock file does not name: deno task lock adds it",
  async (world) => {
    const { checkout, registry, publishDeep, withoutJsr } = world;
    await registry.publish("more", "1.0.0", { code: `export const more = "1.0.0";` });
    await publishDeep("1.1.0");
    await checkout.name({ more: "npm:more@1.0.0" });
    const program = await checkout.read("apps/launcher/main.ts");
    await checkout.write("apps/launcher/main.ts", `import "more";\n${program}`);
    const refused = await world.freshStart(withoutJsr);
    assertEquals([refused.code, refused.printed], [1, ""]);
    assertStringIncludes(refused.told.join("\n"), "deno task lock");
    assertEquals((await checkout.deno(["task", "lock"], withoutJsr)).code, 0);
    const added = ["deep@1.0.0", "front@1.0.0", "more@1.0.0", "only-tests@1.0.0"];
    assertEquals(npmPackages(await checkout.read("deno.lock")), added);
    assertEquals((await world.freshStart(withoutJsr)).printed, got("stand-in", "1.0.0"));
  },
);
