/**
 * vscode-jsonrpc unmodified, on Node, against an app of the mesh: over the socket, and under Wine
 * over the named pipe. See vscode_jsonrpc_client.mjs for what it does.
 */

import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { meshTest } from "../support/mesh/mesh.ts";
import { writingTo } from "../support/mesh/written_output.ts";
import { told } from "../support/run/told.ts";

meshTest("vscode-jsonrpc calls, cancels, streams, and is called back", async (mesh) => {
  await mesh.register();
  await mesh.ipc.wake("fixture");
  const output = join(mesh.home, "findings.json");
  const log = join(mesh.home, "node.log");
  const { code } = await runToFile(log, [
    told("NODE", "interop"),
    fromFileUrl(new URL("vscode_jsonrpc_client.mjs", import.meta.url)),
    told("VSCODE_JSONRPC", "interop"),
    mesh.ipc.home.address("fixture"),
    output,
  ]);
  assertEquals(code, 0, await Deno.readTextFile(log).catch(() => "node wrote nothing"));
  const { found, problems } = JSON.parse(await Deno.readTextFile(output));
  assertEquals(problems, []);
  assertEquals(found, {
    "calls by name, by position, typed, and with nothing": [
      { text: "Grüße ☃ 𝄞" },
      3,
      7,
      {},
      null,
    ],
    "many calls at once": true,
    "errors": [
      { code: -32601, message: '"fixture" has no method "nope"' },
      { code: 42, message: "it failed: Grüße", data: { at: [1] } },
      { code: -32603, message: "it failed: Grüße" },
      { code: -32602, message: 'Cannot call "add": 3 positions for 2 parameters (a, b)' },
      { code: -32603, message: found["errors"]?.[4]?.message },
    ],
    "a call cancelled by its token": [-32800, 1],
    "a stream as partial results": [[], 2_000, true, true],
    "a stream as partial results, with an error at its end": [[0, 1, 2], "that was all"],
    "an endless stream cancelled by its token": [-32800, true],
    "a topic as partial results": [1, ["subscribed", "one", { two: 2 }], -32800],
    "a stream by pages": [1_000, -32001],
    "being called back": [
      "Really? Yes",
      { code: 77, message: "not today", data: { until: "tomorrow" } },
      -32601,
    ],
    "being called back, and the call cancelled": [-32800, true],
    "being called from elsewhere, over the connection made here": "read",
    "notifications that the app does not know": 2,
  });
});

/** Runs a program to its end, what it writes in a file. */
async function runToFile(log: string, command: readonly string[]): Promise<Deno.CommandStatus> {
  const [program, ...args] = writingTo(log, command);
  const streams = { stdin: "null", stdout: "null", stderr: "null" } as const;
  return await new Deno.Command(program!, { args, ...streams }).spawn().status;
}
