/** `neverliie inspect` over HTTP: the link, what the page is told, and cancelling from it. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import type { Snapshot } from "../../apps/neverliie/watching/snapshot.ts";
import { exists } from "@std/fs";
import { join } from "@std/path";
import { ProcessLock } from "../../lib/ipc/base/lock.ts";
import { ErrorCode, pidOf } from "../../lib/ipc/mod.ts";
import { type InspectCommand, startInspect } from "../support/mesh/inspect_command.ts";
import { meshTest, suiteCommand, until, WINDOWS } from "../support/mesh/mesh.ts";
import { RawClient } from "../support/mesh/raw_client.ts";

/** A browser's part, without the browser. */
class InspectClient {
  readonly #page: string;
  readonly #cookie: string;

  private constructor(page: string, cookie: string) {
    this.#page = page;
    this.#cookie = cookie;
  }

  /** Uses the link. */
  static async open(link: string): Promise<InspectClient> {
    const entry = await fetch(link, { redirect: "manual" });
    await entry.body?.cancel();
    assertEquals(entry.status, 303);
    const [cookie] = entry.headers.get("set-cookie")!.split(";");
    return new InspectClient(new URL(entry.headers.get("location")!, link).href, cookie!);
  }

  get(name: string): Promise<Response> {
    return fetch(this.#page + name, { headers: { cookie: this.#cookie } });
  }

  /** Asks for something, as the page does. */
  async ask(name: string, params: unknown): Promise<{ problem?: string | null }> {
    const { origin } = new URL(this.#page);
    const response = await fetch(this.#page + name, {
      method: "POST",
      headers: { cookie: this.#cookie, origin, "content-type": "application/json" },
      body: JSON.stringify(params),
    });
    assertEquals(response.status, 200);
    return await response.json();
  }

  /** Snapshots as they come; ends when the server says so. */
  async *snapshots(): AsyncGenerator<Snapshot> {
    const { body } = await this.get("events");
    let text = "";
    for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const events = text.split("\n\n");
      text = events.pop()!;
      for (const event of events) {
        if (event.startsWith("event: ended")) return;
        yield JSON.parse(event.slice(event.indexOf("data: ") + "data: ".length));
      }
    }
  }

  /** The first snapshot for which `found` finds something, and what that is. */
  async until<T>(found: (mesh: Snapshot) => T | undefined): Promise<T> {
    for await (const mesh of this.snapshots()) {
      const result = found(mesh);
      if (result !== undefined) return result;
    }
    throw new Error("the events ended");
  }
}

/** Ends the command by the page's button, as Ctrl-C cannot be sent under Wine. */
async function endByButton(client: InspectClient, { ended }: InspectCommand): Promise<void> {
  await client.ask("end", {});
  assertEquals(await ended, { code: 0, stdout: "", stderr: "" });
}

const appOf = ({ apps }: Snapshot, name: string) => apps.find((app) => app.name === name)!;

meshTest("inspect tells who runs, who calls whom, and wakes nobody", async (mesh) => {
  await mesh.register();
  await mesh.register({ name: "asker" });
  await mesh.register({ name: "sleeper" });
  await mesh.ipc.wake("fixture");
  const pid = await mesh.ipc.call<number>("asker", "pid");
  const command = await startInspect(mesh);
  const client = await InspectClient.open(command.link);
  assertEquals((await fetch(command.link)).status, 403);
  const watched = await client.until((told) => {
    const asker = appOf(told, "asker");
    return asker.methods.length > 0 && appOf(told, "fixture").pid !== null ? told : undefined;
  });
  const asker = appOf(watched, "asker");
  assertEquals([asker.state, asker.pid, asker.version, asker.silent], [
    "running",
    pid,
    "1.2.3",
    null,
  ]);
  const kindOf = (method: string) => asker.methods.find(({ name }) => name === method)?.kind;
  assertEquals([kindOf("count"), kindOf("divide")], ["stream", "call, idempotent"]);
  assertEquals(asker.topics[0], {
    name: "news",
    kind: "topic, retained",
    description: "what is new",
  });
  assertEquals([appOf(watched, "sleeper").state, watched.home], ["asleep", mesh.home]);
  const params = { target: "fixture", method: "add", params: { a: 1, b: 2 } };
  assertEquals(await mesh.ipc.call("asker", "call_other", params), 3);
  const after = await client.until((told) =>
    told.methods.some(({ app, method }) => app === "fixture" && method === "add") ? told : undefined
  );
  const edges = after.edges.map(({ from, to }) => `${from} -> ${to}`);
  assertEquals(edges.sort(), [" -> asker", "asker -> fixture"]);
  const add = after.methods.find(({ method }) => method === "add")!;
  assert(add.count === 1 && add.p50! >= 0 && add.points.length === 60, JSON.stringify(add));
  // An app that is started anew is watched anew.
  await mesh.stop("fixture", appOf(after, "fixture").pid!);
  await client.until((told) => appOf(told, "fixture").state === "asleep" ? told : undefined);
  const anew = await mesh.ipc.call<number>("fixture", "pid");
  await client.until((told) => appOf(told, "fixture").pid === anew ? told : undefined);
  assertEquals(await pidOf(mesh.ipc, "sleeper"), null);
  await endByButton(client, command);
});

meshTest("inspect shows what runs and cancels it: its caller sees -32800", async (mesh) => {
  await mesh.register();
  // Both run before anybody watches.
  await mesh.ipc.wake("fixture");
  await using caller = await RawClient.dial(mesh.ipc.home.address("fixture"));
  await caller.send({ jsonrpc: "2.0", id: 7, method: "hang", params: { id: "h" } });
  const stream = mesh.ipc.stream("fixture", "wait_after_one", { id: "s" });
  assertEquals((await stream.next()).value, "one");
  await mesh.ipc.call("fixture", "happened", { event: "h started" });
  const command = await startInspect(mesh);
  const client = await InspectClient.open(command.link);
  const tasks = await client.until(({ tasks }) => tasks.length === 2 ? tasks : undefined);
  const [hang, wait] = ["hang", "wait_after_one"].map((name) =>
    tasks.find(({ method }) => method === name)!
  );
  assertEquals([hang!.params, hang!.from], ["id", "unknown"]);
  assertEquals([wait!.params, wait!.from, wait!.items], ["id", `client ${Deno.pid}`, 1]);
  assertEquals(await client.ask("cancel", hang), { problem: null });
  const answer = (await caller.receive())!;
  assertEquals([answer.id, answer.error?.code], [7, ErrorCode.RequestCancelled]);
  assertStringIncludes(answer.error!.message, "from outside");
  assertEquals(await client.ask("cancel", wait), { problem: null });
  await assertRejects(() => stream.next(), DOMException, "from outside");
  await mesh.ipc.call("fixture", "happened", { event: "h aborted" });
  await mesh.ipc.call("fixture", "happened", { event: "s ended" });
  assertEquals(await client.ask("cancel", hang), { problem: "It had ended already." });
  const nobody = await client.ask("cancel", { app: "nobody", pid: 1, call: 1 });
  assertStringIncludes(nobody.problem!, "nobody");
  await endByButton(client, command);
});

meshTest("inspect is not held up by an app that serves nobody", async (mesh) => {
  await mesh.register({ name: "stuck" });
  await mesh.register();
  const pid = await mesh.ipc.call<number>("fixture", "pid");
  // Its name is held, and nobody listens.
  using _ = ProcessLock.try(mesh.ipc.home.runtimeFile("stuck", "lock"))!;
  const command = await startInspect(mesh);
  const client = await InspectClient.open(command.link);
  const stuck = await client.until((told) =>
    appOf(told, "fixture").pid === pid && appOf(told, "stuck").silent !== null
      ? appOf(told, "stuck")
      : undefined
  );
  assertEquals([stuck.state, stuck.pid], ["running", null]);
  await endByButton(client, command);
});

meshTest("inspect refuses ports that are taken or none, and says so", async (mesh) => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const taken = await mesh.neverliie("inspect", "--no-open", "--port", String(port));
  assertEquals([taken.code, taken.stdout], [2, ""]);
  assertStringIncludes(taken.stderr, `127.0.0.1:${port}: another program does`);
  for (const wrong of ["65536", "http"]) {
    const { code, stderr } = await mesh.neverliie("inspect", "--no-open", "--port", wrong);
    assertEquals(code, 2, wrong);
    assertMatch(stderr, /port|number/);
  }
});

if (!WINDOWS) {
  // Deno stops no process on Windows without ending it.
  meshTest("inspect is not held up by an app that answers late", async (mesh) => {
    await mesh.register({ name: "late" });
    await mesh.register();
    const late = await mesh.ipc.call<number>("late", "pid");
    const pid = await mesh.ipc.call<number>("fixture", "pid");
    Deno.kill(late, "SIGSTOP");
    try {
      const command = await startInspect(mesh);
      const client = await InspectClient.open(command.link);
      const state = await client.until((told) =>
        appOf(told, "fixture").pid === pid ? appOf(told, "late") : undefined
      );
      assertEquals([state.state, state.pid], ["running", null]);
      Deno.kill(late, "SIGCONT");
      await client.until((told) => appOf(told, "late").pid === late ? true : undefined);
      await endByButton(client, command);
    } finally {
      Deno.kill(late, "SIGCONT");
    }
  });

  meshTest("inspect prints its link for people, and Ctrl-C ends it in order", async (mesh) => {
    const child = mesh.spawn([...suiteCommand("neverliie"), "inspect", "--no-open"]);
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("Ctrl-C")) text += (await reader.read()).value;
    const link = /http:\/\/127\.0\.0\.1:\d+\/\?token=[0-9a-f]{32}/.exec(text)![0];
    const client = await InspectClient.open(link);
    const events = client.snapshots();
    assertEquals((await events.next()).value!.apps.length > 0, true);
    child.kill("SIGINT");
    // The page is told of the end, not merely cut off.
    for await (const _ of events);
    assertEquals((await child.status).code, 130);
    await reader.cancel();
    assertEquals(await new Response(child.stderr).text(), "neverliie: interrupted\n");
  });

  meshTest("inspect opens the browser, or says why there is none", async (mesh) => {
    const folder = join(mesh.home, "programs");
    const opened = join(mesh.home, "opened");
    const start = (env: Record<string, string>) =>
      mesh.spawn([...suiteCommand("neverliie"), "inspect", "--json"], {
        env: { DISPLAY: ":99", WAYLAND_DISPLAY: "", PATH: folder, ...env },
      });
    const said = async (child: Deno.ChildProcess) => {
      const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      while (!text.includes("\n")) {
        const { value, done } = await reader.read();
        assert(!done, text);
        text += value;
      }
      child.kill("SIGINT");
      await child.status;
      await reader.cancel();
      await child.stdout.cancel();
      return text;
    };
    const opener = Deno.build.os === "darwin" ? "open" : "xdg-open";
    if (Deno.build.os === "linux") {
      assertStringIncludes(await said(start({ DISPLAY: "" })), "there is no display here");
    }
    assertStringIncludes(await said(start({})), `there is no "${opener}" here`);
    const program = (text: string) =>
      Deno.writeTextFileSync(join(folder, opener), `#!/bin/sh\n${text}\n`, { mode: 0o700 });
    Deno.mkdirSync(folder);
    program("exit 4");
    assertStringIncludes(await said(start({})), `"${opener}" ended with exit code 4`);
    // It gets the link as it is, and as one argument.
    program(`printf '%s %s' "$#" "$1" > '${opened}.part'; /bin/mv '${opened}.part' '${opened}'`);
    const child = start({});
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { url } = JSON.parse((await reader.read()).value!);
    await until(() => exists(opened));
    assertEquals(Deno.readTextFileSync(opened), `1 ${url}`);
    child.kill("SIGINT");
    assertEquals((await child.status).code, 130);
    await reader.cancel();
    assertStringIncludes(await new Response(child.stderr).text(), '"interrupted"');
  });
}
