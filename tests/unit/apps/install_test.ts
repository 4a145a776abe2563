import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { copyContent } from "../../../apps/program_file.ts";
import { removalCommand } from "../../../apps/neverliie/install/remove_after_exit.ts";

const WINDOWS = Deno.build.os === "windows";

Deno.test("removalCommand names no folder, whose name the shell could take apart", () => {
  const [shell, ...args] = removalCommand("C:\\Windows", "neverliie-remove-12.cmd");
  assertEquals(shell, join("C:\\Windows", "system32", "cmd.exe"));
  assertEquals(args, ["/d", "/c", ".\\neverliie-remove-12.cmd"]);
});

Deno.test("copyContent copies the content alone: not where a file came from", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "neverliie-" });
  const systems = Deno.copyFile;
  try {
    const [from, to] = [join(folder, "from"), join(folder, "to")];
    // More than one read's worth; what was there before is longer.
    const content = crypto.getRandomValues(new Uint8Array(50_000));
    const whole = new Uint8Array(200_000);
    for (let at = 0; at < whole.length; at += content.length) whole.set(content, at);
    Deno.writeFileSync(from, whole);
    Deno.writeFileSync(to, new Uint8Array(300_000));
    const mark = ":Zone.Identifier";
    if (WINDOWS) Deno.writeTextFileSync(from + mark, "[ZoneTransfer]\r\nZoneId=3\r\n");
    // The system's own way takes along what it notes beside the content.
    Deno.copyFile = () => Promise.reject(new Error("the system's way of copying"));
    await copyContent(from, to);
    assertEquals(Deno.readFileSync(to), whole);
    if (WINDOWS) assertEquals(await Deno.readTextFile(to + mark).catch(() => null), null);
  } finally {
    Deno.copyFile = systems;
    Deno.removeSync(folder, { recursive: true });
  }
});
