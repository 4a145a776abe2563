/**
 * Who may see the page of `neverliie inspect`: real requests to the real server, over TCP, because
 * `fetch` sets headers of its own.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { platform } from "../../../lib/ipc/os/platform.ts";
import { tcpClientUser } from "../../../lib/system/tcp_client.ts";
import { begun, send } from "../../support/unit/inspect_page.ts";
import { QuietMesh } from "../../support/unit/quiet_mesh.ts";

// The system's libraries are loaded on first use and stay: here, so that no test seems to leak them.
platform().userId();
tcpClientUser(0, 0);

Deno.test("inspect: nothing is served without the session", async () => {
  const { server, folder, cookie, port, origin } = await begun();
  await using _ = server;
  const json = { "content-type": "application/json", origin };
  const requests: Parameters<typeof send>[1][] = [
    ...["", "style.css", "main.js", "icon.svg", "events", "nothing"].map((name) => ({
      path: folder + name,
    })),
    { path: "/" },
    { path: "/favicon.ico" },
    { path: folder + "cancel", method: "POST", headers: json, body: "{}" },
    { path: folder + "end", method: "POST", headers: json, body: "{}" },
  ];
  for (const request of requests) {
    const none = await send(port, request);
    assertEquals([none.status, none.headers.get("set-cookie")], [403, null], request.path);
    const guess = { ...request.headers, cookie: `session=${"0".repeat(32)}` };
    assertEquals((await send(port, { ...request, headers: guess })).status, 403, request.path);
  }
  // The cookie alone, without the folder, is not enough either.
  assertEquals((await send(port, { path: "/0000000000000000/", headers: { cookie } })).status, 403);
  assertEquals((await send(port, { path: folder, headers: { cookie } })).status, 200);
});

Deno.test("inspect: another name of the host is refused, whatever else is right", async () => {
  const { server, folder, cookie, port } = await begun();
  await using _ = server;
  const hosts = [
    "evil.example",
    `evil.example:${port}`,
    `localhost:${port}`,
    "127.0.0.1",
    `127.0.0.1:${port + 1}`,
    `127.0.0.1:${port}.evil.example`,
    "",
  ];
  for (const host of hosts) {
    const { status, body } = await send(port, { path: folder, headers: { host, cookie } });
    // A header that is no host at all is refused before.
    assert([400, 421].includes(status), `${host}: ${status}`);
    assert(!body.includes("<title>"), host);
  }
});

Deno.test("inspect: other pages cannot ask, not even with the cookie", async () => {
  const mesh = new QuietMesh();
  const { server, folder, cookie, port, origin } = await begun(mesh);
  await using _ = server;
  const body = '{"app":"scanner","pid":1,"call":1}';
  const post = async (headers: Record<string, string | null>) =>
    (await send(port, {
      method: "POST",
      path: `${folder}cancel`,
      headers: { cookie, "content-type": "application/json", ...headers },
      body,
    })).status;
  assertEquals(await post({}), 403);
  assertEquals(await post({ origin: "null" }), 403);
  assertEquals(await post({ origin: "http://evil.example" }), 403);
  assertEquals(await post({ origin: `http://127.0.0.1:${port + 1}` }), 403);
  assertEquals(await post({ origin, "sec-fetch-site": "same-site" }), 403);
  assertEquals(await post({ origin, "content-type": "text/plain" }), 415);
  assertEquals(mesh.cancelled, []);
  assertEquals(await post({ origin, "sec-fetch-site": "same-origin" }), 200);
  assertEquals(mesh.cancelled, [["scanner", 1, 1]]);
  for (const site of ["cross-site", "same-site"]) {
    const headers = { cookie, "sec-fetch-site": site };
    assertEquals((await send(port, { path: `${folder}events`, headers })).status, 403, site);
    assertEquals(
      (await send(port, { path: server.link.slice(origin.length), headers })).status,
      403,
    );
  }
});

Deno.test("inspect: what is asked for must be well formed and small, by GET or POST", async () => {
  const mesh = new QuietMesh();
  const { server, folder, cookie, port, origin } = await begun(mesh);
  await using _ = server;
  const headers = { cookie, origin, "content-type": "application/json" };
  const path = `${folder}cancel`;
  const bodies = [
    "{",
    "null",
    "[]",
    '{"app":1,"pid":1,"call":1}',
    '{"app":"a","pid":1.5,"call":1}',
    `{"app":"${"a".repeat(5_000)}","pid":1,"call":1}`,
  ];
  for (const body of bodies) {
    assertEquals((await send(port, { method: "POST", path, headers, body })).status, 400, body);
  }
  for (const method of ["PUT", "DELETE", "OPTIONS", "TRACE"]) {
    assertEquals((await send(port, { method, path, headers })).status, 405, method);
  }
  const unknown = { method: "POST", path: `${folder}shutdown`, headers, body: "{}" };
  assertEquals((await send(port, unknown)).status, 404);
  assertEquals(mesh.cancelled, []);
});

Deno.test("inspect: every answer forbids caching, framing, and anything from elsewhere", async () => {
  const { server, entry, folder, cookie, port } = await begun();
  await using _ = server;
  const answers = [
    entry,
    await send(port, {}),
    await send(port, { path: folder, headers: { cookie } }),
    await send(port, { path: `${folder}main.js`, headers: { cookie } }),
    await send(port, { path: `${folder}nothing`, headers: { cookie } }),
  ];
  assertEquals(answers.map(({ status }) => status), [303, 403, 200, 200, 404]);
  for (const { headers } of answers) {
    assertEquals(headers.get("cache-control"), "no-store");
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    assertEquals(headers.get("referrer-policy"), "no-referrer");
    assertEquals(headers.get("access-control-allow-origin"), null);
    const policy = headers.get("content-security-policy")!;
    assertStringIncludes(policy, "default-src 'none'");
    assertStringIncludes(policy, "frame-ancestors 'none'");
    assertStringIncludes(policy, "require-trusted-types-for 'script'");
    assert(!/unsafe|\*|https?:/.test(policy), policy);
  }
});

Deno.test("inspect: the page holds no script, style or address of its own", async () => {
  const { server, folder, cookie, port } = await begun();
  await using _ = server;
  const { body } = await send(port, { path: folder, headers: { cookie } });
  assert(!/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:|https?:/i.test(body));
  for (const name of ["style.css", "main.js", "dom.js", "picture.js", "plots.js", "tables.js"]) {
    const { body } = await send(port, { path: folder + name, headers: { cookie } });
    assert(!/innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|@import|url\(h/.test(body));
    const elsewhere = body.match(/https?:\/\/[^\s"']+/g) ?? [];
    assertEquals(elsewhere.filter((url) => url !== "http://www.w3.org/2000/svg"), [], name);
  }
});

Deno.test("inspect: the server listens on loopback alone", async () => {
  const { server, port } = await begun();
  await using _ = server;
  const others = Deno.networkInterfaces().filter(({ family, address }) =>
    family === "IPv4" && !address.startsWith("127.")
  );
  for (const { address } of others) {
    const connected = await Deno.connect({ hostname: address, port }).then(
      (connection) => {
        connection.close();
        return true;
      },
      () => false,
    );
    assert(!connected, `it answers on ${address}`);
  }
});

Deno.test("inspect: events come at once, and end with the server", async () => {
  const { server, folder, cookie, port } = await begun();
  const headers = `host: 127.0.0.1:${port}\r\ncookie: ${cookie}\r\nconnection: close\r\n`;
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = `GET ${folder}events HTTP/1.1\r\n${headers}\r\n`;
  await connection.write(new TextEncoder().encode(request));
  let text = "";
  let closing: Promise<void> | null = null;
  for await (const chunk of connection.readable.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes("event: snapshot")) closing ??= server.close();
  }
  await closing;
  assertMatch(text, /^HTTP\/1.1 200 [^]*content-type: text\/event-stream/);
  assertMatch(text, /event: snapshot\ndata: \{"at":0,/);
  assertMatch(text, /event: ended\ndata: null/);
});

Deno.test("inspect: its button ends it", async () => {
  const { server, folder, cookie, port, origin } = await begun();
  const headers = { cookie, origin, "content-type": "application/json" };
  const end = { method: "POST", path: `${folder}end`, headers, body: "{}" };
  assertEquals((await send(port, end)).status, 200);
  await server.closed;
});
