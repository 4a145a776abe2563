/** The link of `neverliie inspect`: whom it lets in, and how often. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { InspectServer } from "../../../apps/neverliie/inspect/server.ts";
import { platform } from "../../../lib/ipc/os/platform.ts";
import { tcpClientUser } from "../../../lib/system/tcp_client.ts";
import { begun, send } from "../../support/unit/inspect_page.ts";
import { QuietMesh } from "../../support/unit/quiet_mesh.ts";

// The system's libraries are loaded on first use and stay: here, so that no test seems to leak them.
const ownUser = platform().userId();
tcpClientUser(0, 0);

Deno.test("inspect: the link begins a session, and leads to a clean address", async () => {
  const { server, entry, folder, cookie, port, link } = await begun();
  await using _ = server;
  assertEquals(entry.status, 303);
  assertMatch(link, /^\/\?token=[0-9a-f]{32}$/);
  assertMatch(folder, /^\/[0-9a-f]{16}\/$/);
  const attributes = entry.headers.get("set-cookie")!.split("; ").slice(1);
  assertEquals(attributes, [`Path=${folder}`, "HttpOnly", "SameSite=Strict"]);
  const page = await send(port, { path: folder, headers: { cookie } });
  assertEquals(page.status, 200);
  assertStringIncludes(page.body, "<title>NeverLiie</title>");
});

Deno.test("inspect: the link works once, and a wrong token never", async () => {
  const server = new InspectServer(new QuietMesh(), 0);
  await using _ = server;
  const wrong = await send(server.port, { path: `/?token=${"0".repeat(32)}` });
  assertEquals([wrong.status, wrong.headers.get("set-cookie")], [403, null]);
  const { pathname, search } = new URL(server.link);
  assertEquals((await send(server.port, { path: pathname + search })).status, 303);
  const again = await send(server.port, { path: pathname + search });
  assertEquals([again.status, again.headers.get("set-cookie")], [403, null]);
  assertStringIncludes(again.body, "has been used");
});

Deno.test("inspect: two at once with the same link: one gets the session", async () => {
  const server = new InspectServer(new QuietMesh(), 0);
  await using _ = server;
  const { pathname, search } = new URL(server.link);
  const both = await Promise.all(
    [1, 2].map(() => send(server.port, { path: pathname + search })),
  );
  assertEquals(both.map(({ status }) => status).sort(), [303, 403]);
});

/** A user that is there on every Linux: "nobody". */
const NOBODY = 65_534;

Deno.test({
  name: "inspect: another user's process cannot use the link (as root, on Linux)",
  // Nobody else can start a process as another user, and other systems do not tell whose it is.
  ignore: Deno.build.os !== "linux" || ownUser !== "0",
  async fn() {
    const server = new InspectServer(new QuietMesh(), 0);
    await using _ = server;
    const { pathname, search, port } = new URL(server.link);
    const code = 'exec 3<>"/dev/tcp/127.0.0.1/$0"; printf "%s" "$1" >&3; cat <&3';
    const request = `GET ${pathname + search} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
      "Connection: close\r\n\r\n";
    const { stdout } = await new Deno.Command("bash", {
      args: ["-c", code, port, request],
      uid: NOBODY,
      gid: NOBODY,
      cwd: "/",
      clearEnv: true,
      stdin: "null",
    }).output();
    const said = new TextDecoder().decode(stdout);
    assertMatch(said, /^HTTP\/1.1 403 /);
    assertStringIncludes(said, "belongs to another user");
    // Trying has not used it up.
    assertEquals((await send(server.port, { path: pathname + search })).status, 303);
  },
});

Deno.test({
  name: "inspect: the system tells whose process is at the other end",
  ignore: Deno.build.os !== "linux",
  async fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const [accepted, connection] = await Promise.all([
      listener.accept(),
      Deno.connect({ hostname: "127.0.0.1", port }),
    ]);
    const client = (accepted.remoteAddr as Deno.NetAddr).port;
    assertEquals(String(tcpClientUser(client, port)), ownUser);
    accepted.close();
    connection.close();
  },
});
