/** What `neverliie logs -f` shows where its file is set aside, cut or replaced. */
import { assertEquals } from "@std/assert";
import { follow } from "../../../apps/neverliie/logs/follow.ts";
import { LOG_KEPT_MAX, LOG_SIZE_MAX, prepareLog } from "../../../lib/ipc/activation/log_file.ts";

/** A file and the lines that are followed in it. */
async function following(
  test: (path: string, next: () => Promise<string>, write: (text: string) => void) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "neverliie-follow-" });
  const ended = new AbortController();
  const path = `${folder}/app.log`;
  const lines = follow(path, 2, ended.signal);
  try {
    await test(
      path,
      async () => (await lines.next()).value,
      (text) => Deno.writeTextFileSync(path, text, { append: true }),
    );
  } finally {
    ended.abort();
    await lines.next().catch(() => {});
    await Deno.remove(folder, { recursive: true });
  }
}

const long = (bytes: number) => `${"x".repeat(999)}\n`.repeat(Math.ceil(bytes / 1_000));

Deno.test("follow: the last lines, those of the file that was set aside first among them", () =>
  following(async (path, next, write) => {
    Deno.writeTextFileSync(`${path}.1`, "one\ntwo\n");
    write("three\nhalf");
    assertEquals([await next(), await next()], ["two", "three"]);
    write(" of it\nfour\n");
    assertEquals([await next(), await next()], ["half of it", "four"]);
  }));

Deno.test("follow: what was written before the file was set aside comes first, cut lines whole", () =>
  following(async (path, next, write) => {
    write("one\ntwo\n");
    assertEquals([await next(), await next()], ["one", "two"]);
    write(`${long(LOG_SIZE_MAX)}last, and `);
    prepareLog(path);
    write("the rest\nnew\n");
    for (let at = 0; at < LOG_SIZE_MAX / 1_000; at++) assertEquals((await next()).length, 999);
    assertEquals([await next(), await next()], ["last, and the rest", "new"]);
  }));

Deno.test("follow: a file that grew beyond the old one's place meanwhile is not taken for it", () =>
  following(async (path, next, write) => {
    write("one\ntwo\n");
    assertEquals([await next(), await next()], ["one", "two"]);
    write(`three\n${long(LOG_SIZE_MAX)}`);
    assertEquals(await next(), "three");
    prepareLog(path);
    write(`new\n${long(LOG_SIZE_MAX + 5_000)}`);
    let line = await next();
    let count = 0;
    for (; line.startsWith("x"); line = await next()) count++;
    assertEquals([line, count], ["new", Math.ceil(LOG_SIZE_MAX / 1_000)]);
  }));

Deno.test("follow tells where lines are missing: left out, or set aside twice since", () =>
  following(async (path, next, write) => {
    write("one\ntwo\n");
    assertEquals([await next(), await next()], ["one", "two"]);
    write(`gone\n${long(LOG_KEPT_MAX)}here\n`);
    prepareLog(path);
    const unseen = "… some lines before this were not seen";
    assertEquals([await next(), await next()], ["", unseen]);
    let line = await next();
    while (line.startsWith("x")) line = await next();
    assertEquals(line, "here");
    write("on\n");
    assertEquals(await next(), "on");
    for (const round of ["lost", "kept"]) {
      write(`${round}\n${long(LOG_SIZE_MAX)}`);
      prepareLog(path);
    }
    assertEquals([await next(), await next(), await next()], ["", unseen, "kept"]);
  }));

Deno.test("follow: a file that a person cut, or that was renamed, is read anew", () =>
  following(async (path, next, write) => {
    write("one\ntwo\n");
    assertEquals([await next(), await next()], ["one", "two"]);
    Deno.writeTextFileSync(path, "cut\n");
    assertEquals(await next(), "cut");
    write("before\n");
    Deno.renameSync(path, `${path}.1`);
    write("after\n");
    assertEquals([await next(), await next()], ["before", "after"]);
    Deno.removeSync(`${path}.1`);
    write("on\n");
    assertEquals(await next(), "on");
  }));
