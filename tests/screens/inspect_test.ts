/** The page of `neverliie inspect` in a real browser. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { InspectServer } from "../../apps/neverliie/inspect/server.ts";
import { type CallContext, NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { writeKept } from "../../lib/ipc/activation/kept_record.ts";
import { BrowserPage, chromiumPath } from "../support/screens/browser.ts";
import { contrasts } from "../support/screens/contrasts.ts";
import { startInspect } from "../support/mesh/inspect_command.ts";
import { meshTest, type TestMesh } from "../support/mesh/mesh.ts";
import { QuietMesh } from "../support/unit/quiet_mesh.ts";

/** Would run, were it ever taken for markup or for a script. */
const HOSTILE = `"><img src=x onerror="window.broken=1"><script>window.broken=1</script>&lt;b&gt;`;

/** An app in the test's own process, whose streams go on when the test says so. */
async function openApp(mesh: TestMesh, name: string) {
  const app = await NeverLiieIPC.open(name, {
    home: mesh.home,
    launch: false,
    handleSignals: false,
  });
  let goOn = Promise.withResolvers<unknown>();
  app.expose("steps", async function* (_params, { signal }: CallContext) {
    signal.addEventListener("abort", () => goOn.reject(signal.reason));
    for (;;) {
      const item = await goOn.promise;
      goOn = Promise.withResolvers();
      yield item;
    }
  }, { params: ["folder"], description: `what it does ${HOSTILE}` });
  app.expose(
    HOSTILE,
    (_params, { signal }: CallContext) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  );
  app.expose(`${HOSTILE} quick`, () => 1);
  return {
    app,
    step: (item: unknown) => goOn.resolve(item),
    // In this process: the test's mesh, which waits for the processes of apps, must not find it.
    [Symbol.asyncDispose]: () => app.close(),
  };
}

/** What `work` fails with, to be looked at later; `null` where it does not fail. */
function failureOf(work: () => Promise<unknown>): Promise<unknown> {
  return work().then(() => null, (error) => error);
}

/** Reads a stream to its end. */
async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

/** A test on a mesh and a browser of its own. */
function pageTest(name: string, body: (mesh: TestMesh) => Promise<void>): void {
  if (Deno.build.os !== "linux") return;
  if (chromiumPath() === null) {
    Deno.test.ignore(`${name} (left out: Chromium is not installed)`, () => {});
  } else meshTest(name, body, { limit: 120_000 });
}

pageTest("the page shows the mesh, moves with it, and cancels", async (mesh) => {
  await mesh.register();
  await mesh.register({ name: "broken" });
  const gaveUp = "its last 5 restarts in a row failed";
  writeKept(mesh.ipc.home, "broken", { started: Date.now(), restarts: 5, gaveUp });
  await using worker = await openApp(mesh, "worker");
  const { app, step } = worker;
  const command = await startInspect(mesh);
  await using browser = await BrowserPage.open();
  const { page } = browser;
  await page.goto(command.link);
  assert(!page.url().includes("token"), page.url());
  await page.getByText("Live").waitFor();
  for (const told of ["worker: running", "fixture: asleep", "broken: gave up"]) {
    await page.getByRole("button", { name: told }).waitFor();
  }
  // Who calls whom, in the picture and in the table.
  await app.wake("fixture");
  await page.getByRole("button", { name: "fixture: running, process" }).waitFor();
  await app.call("fixture", "add", { a: 1, b: 2 });
  await page.getByRole("row", { name: /fixture running \d+ worker/ }).waitFor();
  await page.locator("path.edge").first().waitFor();
  await page.getByRole("img", { name: /add in the last two minutes: .*p50/ }).waitFor();
  // A stream's progress.
  const steps = mesh.ipc.stream("worker", "steps", { folder: "." }, { timeout: 60_000 });
  const reading = failureOf(() => drain(steps));
  step({ message: "first of them", percent: 25 });
  const row = page.getByRole("row", { name: /steps folder/ });
  await row.getByText("first of them").waitFor();
  assertEquals(await row.getByRole("progressbar").getAttribute("value"), "0.25");
  step({ message: "third of them", done: 3, total: 4 });
  await row.getByText("third of them").waitFor();
  assertEquals(await row.getByRole("progressbar").getAttribute("value"), "0.75");
  assertStringIncludes(await row.innerText(), `client ${Deno.pid}`);
  await row.getByRole("button", { name: "Cancel steps of worker" }).click();
  assertStringIncludes(String(await reading), "was cancelled from outside");
  await page.getByText("steps of worker was cancelled.").waitFor();
  await page.getByText("No call has gone on for a second or more.").waitFor();
  browser.assertQuiet();
  const { origin } = new URL(page.url());
  assertEquals(browser.requested.filter((url) => !url.startsWith(origin)), []);
  // The link once more, in another browser.
  await using other = await BrowserPage.open();
  assertEquals((await other.page.goto(command.link))?.status(), 403);
  assertStringIncludes(await other.page.innerText("body"), "has been used");
  // The command ends: the page says so, and how to go on.
  command.child.kill("SIGINT");
  await page.getByRole("alert").getByText("run it again").waitFor();
  assertEquals(await page.getByRole("button", { name: "Pause" }).isDisabled(), true);
  await command.ended;
  browser.assertQuiet();
});

pageTest("the keyboard alone is enough", async (mesh) => {
  await using _ = await openApp(mesh, "worker");
  const { link, child, ended } = await startInspect(mesh);
  await using browser = await BrowserPage.open();
  const { page } = browser;
  const focused = () => page.evaluate<string>("document.activeElement.textContent.trim()");
  const press = (key: string) => page.keyboard.press(key);
  await page.goto(link);
  await page.getByRole("button", { name: "worker: running" }).waitFor();
  const call = failureOf(() => mesh.ipc.call("worker", HOSTILE, {}, { timeout: 60_000 }));
  await page.getByRole("button", { name: /^Cancel/ }).waitFor();
  await press("3");
  assertEquals(await focused(), "Running: 1");
  await press("Tab");
  assertEquals(await focused(), "Cancel");
  const outline = "getComputedStyle(document.activeElement).outlineStyle";
  assertEquals(await page.evaluate(outline), "solid");
  await press("Enter");
  assertStringIncludes(String(await call), "was cancelled from outside");
  // Its row has gone, and the focus is not lost with it.
  await page.getByText("No call has gone on for a second or more.").waitFor();
  assertEquals(await focused(), "Running: 0");
  // An app alone, from the picture and from the table.
  await press("1");
  const details = page.locator("#details");
  for (let i = 0; i < 20 && !(await focused()).startsWith("worker"); i++) await press("Tab");
  await press("Enter");
  await details.getByText("what it does").waitFor();
  await press("Escape");
  await details.waitFor({ state: "hidden" });
  await press("2");
  for (let i = 0; i < 20 && await focused() !== "worker"; i++) await press("Tab");
  await press("Enter");
  await details.waitFor();
  await press("Escape");
  // Pausing, the list of keys, and keys without effect once they are switched off.
  await press("p");
  await page.getByText("Paused").waitFor();
  await press("p");
  await page.getByText("Live").waitFor();
  await press("?");
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  assertEquals(await focused(), "Close");
  await press("Shift+Tab");
  await press("Space");
  await press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await press("p");
  assertEquals(await page.locator("#state").innerText(), "Live");
  browser.assertQuiet();
  child.kill("SIGINT");
  await ended;
});

pageTest("hostile strings are text, wherever they come from", async (mesh) => {
  await using worker = await openApp(mesh, "worker");
  const { step } = worker;
  const folder = `${mesh.home}/${HOSTILE}`;
  await mesh.ipc.registry.set("odd", { type: "binary", cmd: [folder, HOSTILE], cwd: folder });
  writeKept(mesh.ipc.home, "odd", { started: 0, restarts: 5, gaveUp: HOSTILE });
  const { link, child, ended } = await startInspect(mesh);
  await using browser = await BrowserPage.open();
  const { page } = browser;
  const dialogs: string[] = [];
  page.on("dialog", (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  await page.goto(link);
  const left = new AbortController();
  const options = { signal: left.signal, timeout: 60_000 };
  const call = failureOf(() => mesh.ipc.call("worker", HOSTILE, { [HOSTILE]: 1 }, options));
  const steps = mesh.ipc.stream("worker", "steps", { [HOSTILE]: 1 }, options);
  const reading = failureOf(() => drain(steps));
  step({ message: HOSTILE, percent: 50 });
  await mesh.ipc.call("worker", `${HOSTILE} quick`);
  await page.locator("#tasks").getByText(HOSTILE).nth(3).waitFor();
  for (const name of ["worker: running", "odd: gave up"]) {
    await page.getByRole("button", { name }).click();
    await page.locator("#details").getByText(HOSTILE).first().waitFor();
  }
  await page.locator("#registry").getByText(HOSTILE).first().waitFor();
  left.abort();
  await Promise.all([call, reading]);
  await page.keyboard.press("Escape");
  await page.locator("#latency h3").getByText(HOSTILE).waitFor();
  assertEquals(await page.evaluate("window.broken"), undefined);
  assertEquals(
    await page.evaluate("document.querySelectorAll('img, main script, main b').length"),
    0,
  );
  assertEquals(dialogs, []);
  browser.assertQuiet();
  child.kill("SIGINT");
  await ended;
});

pageTest("light and dark, large and small, with and without apps", async (mesh) => {
  await mesh.register({ name: "a_name_that_is_as_long_as_can_be" });
  const { link, child, ended } = await startInspect(mesh);
  await using browser = await BrowserPage.open({ colorScheme: "light" });
  const { page } = browser;
  await page.goto(link);
  await page.getByRole("button", { name: "a_name_that_is_as_long_as_can_be: asleep" }).waitFor();
  const ground = () => page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
  const light = await ground();
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await ground();
  assert(light !== dark, `${light}`);
  await page.keyboard.press("t");
  assertEquals([await page.locator("#theme").innerText(), await ground()], ["Theme: light", light]);
  await page.locator("#theme").click();
  assertEquals([await page.locator("#theme").innerText(), await ground()], ["Theme: dark", dark]);
  await page.reload();
  assertEquals([await page.locator("#theme").innerText(), await ground()], ["Theme: dark", dark]);
  for (const theme of ["dark", "light"]) {
    for (const [colour, ratio] of Object.entries(await contrasts(page))) {
      assert(ratio >= 4.5, `${theme}: --${colour} has a contrast of ${ratio.toFixed(2)}`);
    }
    await page.keyboard.press("t");
    await page.keyboard.press("t");
  }
  for (const [width, height] of [[1280, 800], [800, 600]] as const) {
    await page.setViewportSize({ width, height });
    const wide = await page.evaluate("document.documentElement.scrollWidth");
    assertEquals(wide, width);
    // Nothing is cut off at the side within a card, either.
    const cut = "[...document.querySelectorAll('section, header')]" +
      ".filter((part) => part.scrollWidth > part.clientWidth).map((part) => part.className)";
    assertEquals(await page.evaluate(cut), [], `${width} x ${height}`);
    const spilt = "[...document.querySelectorAll('th, td')]" +
      ".filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.innerText)";
    assertEquals(await page.evaluate(spilt), [], `${width} x ${height}`);
  }
  browser.assertQuiet();
  child.kill("SIGKILL");
  await page.getByRole("alert").getByText("trying again").waitFor();
  await ended;
  await using empty = new InspectServer(new QuietMesh(0), 0);
  await page.goto(empty.link);
  await page.getByText("No app is registered in this home yet.").waitFor();
  await page.getByText("No call has ended in the last two minutes.").waitFor();
  await page.getByRole("button", { name: "End" }).click();
  await page.getByRole("alert").getByText("run it again").waitFor();
  await empty.closed;
});

pageTest("nodes of the picture stand apart, however many there are", async () => {
  await using browser = await BrowserPage.open();
  const { page } = browser;
  for (const count of [1, 12, 13, 60]) {
    await using server = new InspectServer(new QuietMesh(count), 0);
    await page.goto(server.link);
    await page.locator(".node").nth(count - 1).waitFor();
    const overlaps = await page.evaluate(`(() => {
      const picture = document.querySelector("#picture").getBoundingClientRect();
      const boxes = [...document.querySelectorAll(".node rect")]
        .map((node) => node.getBoundingClientRect());
      const apart = (a, b) =>
        a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
      const inside = (a) => a.left >= picture.left && a.right <= picture.right &&
        a.top >= picture.top && a.bottom <= picture.bottom;
      return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => !apart(a, b))).length +
        boxes.filter((box) => !inside(box)).length;
    })()`);
    assertEquals(overlaps, 0, `${count} apps`);
  }
});
