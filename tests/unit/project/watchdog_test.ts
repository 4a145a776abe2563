import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { endedBy, logsOf, until, waitingFor, withLimit } from "../../support/run/watchdog.ts";

/** What the watchdog says about work that does not end by itself. */
async function complaint(
  begin: (over: () => boolean) => Promise<void>,
  logs?: () => string[],
): Promise<string> {
  let over = false;
  const work = begin(() => over);
  const { message } = await assertRejects(() => withLimit("a test", work, 30, logs), Error);
  over = true;
  await work;
  return message;
}

Deno.test("watchdog: it says what the test waited for, where, and what was seen so far", async () => {
  const message = await complaint((over) => until(() => over()));
  assertStringIncludes(message, '"a test" took over');
  assertStringIncludes(message, "it waited for: ()=>over() (watchdog_test.ts:");
  const seen = await complaint((over) =>
    waitingFor("the end of a program", () => until(() => over()), () => "its output")
  );
  assertStringIncludes(seen, "it waited for: the end of a program\n  its output");
  // What is no longer waited for is not named.
  assertEquals((await complaint((over) => until(() => over()))).split("it waited for").length, 2);
});

Deno.test("watchdog: it shows the ends of a home's logs, even of one that cannot be read", async () => {
  const home = Deno.makeTempDirSync({ prefix: "neverliie-" });
  try {
    assertEquals(logsOf(home), []);
    const folder = join(home, "logs");
    Deno.mkdirSync(join(folder, "folder.log"), { recursive: true });
    const lines = Array.from({ length: 10_000 }, (_, index) => `line ${index}\n`);
    Deno.writeTextFileSync(join(folder, "app.log"), lines.join(""));
    const message = await complaint((over) => until(() => over()), () => logsOf(home));
    assertStringIncludes(message, "the end of app.log:\n  line 9980\n");
    assertStringIncludes(message, "  line 9999\nthe end of folder.log:\n  cannot be read: ");
    assertEquals(message.includes("line 9979\n"), false);
  } finally {
    Deno.removeSync(home, { recursive: true });
  }
});

Deno.test("watchdog: work that ends in time is left alone, and so is what it throws", async () => {
  assertEquals(await withLimit("a test", Promise.resolve(1), 10_000), 1);
  const failing = Promise.reject(new Error("its own"));
  await assertRejects(() => withLimit("a test", failing, 10_000), Error, "its own");
});

Deno.test("watchdog: an end that goes wrong does not hide what the work threw before it", async () => {
  const fine = () => Promise.resolve();
  const failing = (message: string) => () => Promise.reject(new Error(message));
  let ended = 0;
  const counted = () => Promise.resolve(void ended++);
  await endedBy(fine, counted);
  await assertRejects(() => endedBy(failing("its own"), counted), Error, "its own");
  assertEquals(ended, 2);
  await assertRejects(() => endedBy(fine, failing("not empty")), Error, "not empty");
  const both = await assertRejects(() => endedBy(failing("its own"), failing("not empty")), Error);
  assertEquals(both.message, "its own\nand the end after it: Error: not empty");
});
