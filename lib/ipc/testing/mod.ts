/**
 * A kit to test programs of the mesh with: a mesh of its own in a folder of its own, apps in the
 * test's process, programs of their own whose logs stand in the messages of failures, and nothing
 * left behind.
 *
 * @example A test of an app and its caller.
 * ```ts
 * import { testMesh } from "@neverliie/ipc/testing";
 * import { assertEquals } from "@std/assert";
 *
 * Deno.test("the greeter greets", async () => {
 *   await using mesh = await testMesh();
 *   await mesh.app("greeter", { greet: ({ name }) => `Hello, ${name}!` });
 *   const client = await mesh.client();
 *   assertEquals(await client.call("greeter", "greet", { name: "Ada" }), "Hello, Ada!");
 * });
 * ```
 *
 * @module
 */

import { printProblem } from "../base/problem.ts";
import { NeverLiieIPC } from "../mod.ts";
import { claim, endAbandoned } from "./abandoned.ts";
import { TestMesh, type TestMeshOptions } from "./test_mesh.ts";

export { TestMesh, type TestMeshOptions, type TestMeshParts } from "./test_mesh.ts";
export type { ProgramOptions } from "./program_command.ts";
export { type ProgramEnd, TestProgram } from "./test_program.ts";

/** A new mesh in a folder of its own. It ends with the block that `await using` stands in. */
export async function testMesh(options: TestMeshOptions = {}): Promise<TestMesh> {
  const { prefix = "neverliie-test-" } = options;
  const home = await Deno.makeTempDir({ prefix });
  const lock = claim(home);
  await endAbandoned(home, prefix);
  return new TestMesh(await NeverLiieIPC.client({ home }), { ...options, lock });
}

/**
 * Does `body` on a new mesh. Where it fails, the error has the ends of the logs in its message; what
 * `await using` ends cannot tell whether the test failed.
 *
 * @example
 * ```ts
 * import { withTestMesh } from "@neverliie/ipc/testing";
 *
 * Deno.test("nobody is there at first", () =>
 *   withTestMesh(async (mesh) => {
 *     const client = await mesh.client();
 *     if ((await client.registry.read()).apps.size > 0) throw new Error("somebody is");
 *   }));
 * ```
 */
export async function withTestMesh<T>(
  body: (mesh: TestMesh) => T | Promise<T>,
  options: TestMeshOptions = {},
): Promise<T> {
  const mesh = await testMesh(options);
  let result: T;
  try {
    result = await body(mesh);
  } catch (error) {
    mesh.withLogs(error);
    // What failed first is what is told.
    await mesh.end().catch((late) => printProblem((late as Error).message));
    throw error;
  }
  await mesh.end();
  return result;
}
