/** Apps that call their callers back, over the connection that those made. */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { NeverLiieIPC, RemoteError } from "../../lib/ipc/mod.ts";
import { meshTest } from "../support/mesh/mesh.ts";

meshTest("an app calls a nameless client back while it answers", async (mesh) => {
  await mesh.register();
  mesh.ipc.expose("question", ({ text }: { text: string }) => `${text}? Yes`);
  const answer = await mesh.ipc.call("fixture", "call_back", {
    method: "question",
    params: { text: "Really" },
  });
  assertEquals(answer, "Really? Yes");
  const missing = { method: "nope" };
  const error = await assertRejects(
    () => mesh.ipc.call("fixture", "call_back", missing),
    RemoteError,
  );
  assertEquals(error.code, -32601);
});

meshTest("whom one calls cannot end, watch or start one again", async (mesh) => {
  await mesh.register();
  for (const method of ["$/shutdown", "$/watch", "$/secondInstance"]) {
    const error = await assertRejects(
      () => mesh.ipc.call("fixture", "call_back", { method }),
      RemoteError,
    );
    assertEquals(error.code, -32601, method);
  }
  const ping = await mesh.ipc.call<{ pid: number }>("fixture", "call_back", { method: "$/ping" });
  assertEquals(ping.pid, Deno.pid);
});

meshTest("a cancelled call cancels what it called back", async (mesh) => {
  await mesh.register();
  const asked = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<void>();
  mesh.ipc.expose("question", (_params, { signal }) => {
    signal.addEventListener("abort", () => cancelled.resolve());
    asked.resolve();
    return cancelled.promise;
  });
  const controller = new AbortController();
  const call = mesh.ipc.call("fixture", "call_back", { method: "question", timeout: 60_000 }, {
    signal: controller.signal,
  });
  const refused = assertRejects(() => call, Error, "enough");
  await asked.promise;
  controller.abort(new Error("enough"));
  await refused;
  await cancelled.promise;
});

meshTest("an app calls a client later, until that has left", async (mesh) => {
  await mesh.register();
  const subscriber = await NeverLiieIPC.client({ home: mesh.home });
  try {
    subscriber.expose("news", () => "read");
    await subscriber.call("fixture", "remember_caller");
    assertEquals(await mesh.ipc.call("fixture", "call_remembered", { method: "news" }), "read");
  } finally {
    await subscriber.close();
  }
  const error = await assertRejects(
    () => mesh.ipc.call("fixture", "call_remembered", { method: "news" }),
    RemoteError,
  );
  // It may hear of the end before it sends, while it waits, or by a send that fails.
  assertMatch(error.message, /the peer (closed the connection|is gone)/);
});
