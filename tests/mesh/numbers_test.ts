/** Numbers that JavaScript or JSON cannot hold: told, and never sent as others. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { RemoteError, type WatchEvent } from "../../lib/ipc/mod.ts";
import { meshTest, suiteCommand } from "../support/mesh/mesh.ts";
import { finished } from "../support/mesh/program_output.ts";
import { LineClient } from "../support/mesh/line_client.ts";

meshTest(
  "the command refuses numbers that would be others, wherever they are given",
  async (mesh) => {
    await mesh.register();
    const params = '{"a":9007199254740993,"b":1}';
    const file = join(mesh.home, "params ü.json");
    await Deno.writeTextFile(file, params);
    const said = '9007199254740993 at "a" would become 9007199254740992';
    for (const [subcommand, method] of [["call", "echo"], ["stream", "count"], ["bench", "echo"]]) {
      const given = subcommand === "stream" ? `@${file}` : params;
      const { code, stdout, stderr } = await mesh.neverliie(subcommand!, "fixture", method!, given);
      assertEquals([code, stdout], [2, ""]);
      assertStringIncludes(stderr, said);
    }
    // An error is short, however much was given.
    for (const text of [`[${"1, ".repeat(2_000)}`, `[${"9".repeat(2_000)}]`]) {
      const { code, stderr } = await mesh.neverliie("call", "fixture", "echo", text);
      assertEquals([code, stderr.length < 500, stderr.includes("…")], [2, true, true], stderr);
    }
    const command = [...suiteCommand("neverliie"), "call", "fixture", "echo", "-", "--json"];
    const call = async (text: string) => {
      const child = mesh.spawn(command, { stdin: "piped" });
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(text));
      await writer.close();
      return await finished(child);
    };
    const { code, stderr } = await call('[1e999, "an item"]');
    assertEquals(code, 2);
    assertStringIncludes(JSON.parse(stderr).error.message, '1e999 at "0" would become Infinity');
    // What JavaScript writes itself, and texts, are taken as they are.
    const fine = '{"id":"9007199254740993","double":66082186258828970,"small":1e-7}';
    assertEquals((await call(fine)).stdout, `${fine}\n`);
  },
);

meshTest(
  "numbers that JSON does not have are told to who sends them, on both sides",
  async (mesh) => {
    await mesh.register();
    for (const value of [NaN, Infinity, -Infinity, 1n]) {
      const call = () => mesh.ipc.call("fixture", "echo", { list: [value] });
      const error = await assertRejects(call, TypeError, 'Cannot send the params of "echo": ');
      assertStringIncludes((error as Error).message, "at list[0]: JSON has no");
    }
    assertEquals(await mesh.ipc.call("fixture", "echo", [-0]), [0]);

    // A peer of another make may write what becomes one of them: the nearest that there is.
    await using peer = await LineClient.dial(mesh.ipc.home.address("fixture"));
    const request = (id: string, params: string) =>
      peer.send(`{"jsonrpc":"2.0","id":${id},"method":"echo","params":${params}}\n`);
    await request("1", '{"a":9007199254740993}');
    assertEquals(await peer.line(), '{"jsonrpc":"2.0","id":1,"result":{"a":9007199254740992}}');
    await request("2", '{"a":[1e999]}');
    const refused = JSON.parse(await peer.line());
    assertEquals([refused.id, refused.error.code], [2, -32603]);
    assertStringIncludes(
      refused.error.message,
      "the answer cannot be sent as JSON: Infinity at a[0]",
    );
    // Who watches is not told such params, and the call is not hurt by that.
    await using watched = mesh.ipc.stream<WatchEvent>("fixture", "$/watch", { params: true });
    assertEquals((await watched.next()).value!.event, "watching");
    await peer.send('{"jsonrpc":"2.0","id":9,"method":"pid","params":{"a":1e999}}\n');
    assertEquals(typeof JSON.parse(await peer.line()).result, "number");
    const { value } = await watched.next();
    assert(value!.event === "began" && value!.method === "pid");
    assertEquals([value!.names, value!.params], [["a"], undefined]);
    // An id that would come back as another one is none.
    for (const id of ["9007199254740993", "1e999"]) {
      await request(id, "[]");
      const { id: answered, error } = JSON.parse(await peer.line());
      assertEquals([answered, error.code], [null, -32600]);
    }
    await request("3", "[]");
    assertEquals(await peer.line(), '{"jsonrpc":"2.0","id":3,"result":[]}');
    const unsendable = () => mesh.ipc.call("fixture", "unsendable");
    await assertRejects(unsendable, RemoteError, "the answer cannot be sent as JSON: a BigInt");
  },
);
