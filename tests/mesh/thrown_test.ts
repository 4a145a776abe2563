/** What handlers throw, on its way through processes and threads: tests/support has the values. */
import { assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import { pidOf, RemoteError } from "../../lib/ipc/mod.ts";
import { meshTest } from "../support/mesh/mesh.ts";
import { THROWN } from "../support/programs/thrown_values.ts";

meshTest(
  "whatever a handler or a thread throws, its caller gets as the protocol says",
  async (mesh) => {
    await mesh.register();
    await mesh.ipc.wake("fixture");
    const pid = await pidOf(mesh.ipc, "fixture");
    const failure = async (method: string, params: Record<string, unknown>) => {
      const items: unknown[] = [];
      try {
        const options = { timeout: 30_000 };
        for await (const item of mesh.ipc.stream("fixture", method, params, options)) {
          items.push(item);
        }
      } catch (error) {
        assertInstanceOf(error, RemoteError);
        return { items, error };
      }
      throw new Error(`${method} ${JSON.stringify(params)} did not fail`);
    };
    for (const [name, { error: expected, large = false }] of Object.entries(THROWN)) {
      const { message, code = -32603, data } = expected;
      const ways: [method: string, params: Record<string, unknown>, items: number[]][] = [
        ["throw_value", { name, how: "now" }, []],
        ["throw_value", { name, how: "later" }, []],
        ["throw_value", { name, how: "items" }, [1, 2]],
        ["throw_in_thread", { throws: name }, []],
        ["throw_in_thread", { throws: name, steps: true }, [1, 2]],
      ];
      for (const [method, params, items] of large ? ways.slice(0, 1) : ways) {
        const what = `${method} ${JSON.stringify(params)}`;
        const { error, items: before } = await failure(method, params);
        if (typeof message === "string") assertEquals(error.message, message, what);
        else assertMatch(error.message, message, what);
        assertEquals([error.code, error.data, before], [code, data, items], what);
      }
    }
    assertEquals(await pidOf(mesh.ipc, "fixture"), pid);
  },
);
