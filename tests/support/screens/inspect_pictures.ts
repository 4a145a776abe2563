/**
 * `deno task pictures`: the pictures of docs/inspect.md, of a real mesh in a real browser.
 */
import { fromFileUrl, join } from "@std/path";
import { writeKept } from "../../../lib/ipc/activation/kept_record.ts";
import { pause } from "../../../lib/system/waiting.ts";
import { BrowserPage } from "./browser.ts";
import { startInspect } from "../mesh/inspect_command.ts";
import { scriptCommand, type TestMesh } from "../mesh/mesh.ts";
import { withOwnMesh } from "../mesh/own_mesh.ts";

/** Apps that talk to each other. */
const APPS = ["editor", "notes", "preview", "backup", "calendar", "import"];

/** Milliseconds of work before the picture: enough for the plots to have a shape. */
const WORK = Number(Deno.env.get("NEVERLIIE_PICTURE_WORK") ?? 70_000);

async function populate({ ipc, home }: TestMesh): Promise<void> {
  for (const name of APPS) {
    const cmd = scriptCommand("tests/support/screens/inspect_scene_program.ts");
    await ipc.registry.set(name, { type: "script", cmd, cwd: home, args: [name] });
  }
  for (const name of ["editor", "notes", "preview", "backup"]) await ipc.wake(name);
  const entry = { target: "notes", method: "search", params: { text: "plan" }, every: 70 };
  await ipc.call("editor", "begin", entry);
  const render = { target: "preview", method: "render", params: { note: 7 }, every: 400 };
  await ipc.call("editor", "begin", render);
  await ipc.call("preview", "begin", { ...entry, every: 330 });
  const save = { target: "backup", method: "save", params: { note: 7 }, every: 900 };
  await ipc.call("notes", "begin", save);
  const index = { target: "notes", method: "index", params: { total: 1_400 } };
  await ipc.call("editor", "follow", index);
  await ipc.call("notes", "follow", { target: "backup", method: "upload", params: {} });
  // The import failed too often, as its supervisor noted.
  const gaveUp = "its last 5 restarts in a row failed: it ended with exit code 1";
  writeKept(ipc.home, "import", { started: Date.now(), restarts: 5, gaveUp });
}

await withOwnMesh(async (mesh, stop) => {
  await populate(mesh);
  const left = new AbortController();
  const options = { timeout: 600_000, signal: AbortSignal.any([left.signal, stop]) };
  const waiting = mesh.ipc.call("notes", "wait_for_change", {}, options).catch(() => {});
  const docs = fromFileUrl(new URL("../../../docs", import.meta.url));
  const { link, child, ended } = await startInspect(mesh);
  await using browser = await BrowserPage.open();
  const { page } = browser;
  await page.goto(link);
  await pause(WORK, stop);
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    const path = join(docs, `inspect-${scheme}.png`);
    // Without the registry, whose commands are those of the machine that makes the pictures.
    const below = await page.locator("section", { hasText: "Registry" }).boundingBox();
    const clip = { x: 0, y: 0, width: 1280, height: Math.floor(below!.y) };
    await page.screenshot({ path, clip, fullPage: true });
    console.log(`${path}: ${(await Deno.stat(path)).size} bytes`);
  }
  await page.setViewportSize({ width: 800, height: 600 });
  // More of them, to be looked at.
  if (Deno.args[0] !== undefined) {
    await page.screenshot({ path: join(Deno.args[0], "small.png"), fullPage: true });
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole("button", { name: /^notes/ }).first().click();
    await page.screenshot({ path: join(Deno.args[0], "chosen.png"), fullPage: true });
    await page.keyboard.press("?");
    await page.screenshot({ path: join(Deno.args[0], "keys.png") });
    console.log(browser.complaints);
  }
  left.abort();
  await waiting;
  child.kill("SIGINT");
  await ended;
});
Deno.exit();
