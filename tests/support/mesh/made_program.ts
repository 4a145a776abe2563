/** A program that `neverliie new notes` made, as its user runs it. */
import { assertEquals, assertMatch } from "@std/assert";
import { pidOf } from "../../../lib/ipc/mod.ts";
import type { TestMesh } from "./mesh.ts";

/** Runs it once, by which it enters itself; then calls wake it, and it streams and tells. */
export async function useMadeProgram(
  mesh: TestMesh,
  command: readonly string[],
  { cwd, type }: { cwd: string; type: "script" | "binary" },
): Promise<void> {
  const stop = async () => await mesh.stop("notes", (await pidOf(mesh.ipc, "notes"))!);
  const first = await mesh.serve(command, { cwd });
  await stop();
  assertEquals((await first.ended).code, 0);
  const greeting = await mesh.neverliie("call", "notes", "greet", '{"name": "Ada"}');
  assertEquals(greeting, { code: 0, stdout: "Hello, Ada!\n", stderr: "" });
  const counted = await mesh.neverliie("stream", "notes", "count", '{"to": 3}');
  assertEquals(counted.stdout, "1\n2\n3\n");
  for await (const told of mesh.ipc.subscribe("notes", "greeted")) {
    assertEquals(told, { name: "Ada" });
    break;
  }
  await stop();
  assertMatch((await mesh.neverliie("list")).stdout, new RegExp(`^notes .* ${type} `, "m"));
}
