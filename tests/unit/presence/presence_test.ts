import { assert, assertEquals, assertLess } from "@std/assert";
import { NeverLiieIPC } from "../../../lib/ipc/mod.ts";
import { platform } from "../../../lib/ipc/os/platform.ts";
import { watchApps } from "../../../lib/ipc/presence/app_watch.ts";
import type { Home } from "../../../lib/ipc/registry/home.ts";
import { temporaryHome } from "../../support/unit/unit_home.ts";

Deno.test("Presence: a reader that falls behind is given all anew, and then what comes", async () => {
  await using at = await temporaryHome();
  await using ipc = await NeverLiieIPC.client({ home: at.home.path });
  await using presence = ipc.presence();
  const { value: first } = await presence.next();
  assert(first?.event === "present");
  assertEquals(first.apps, []);
  const entry = { type: "binary" as const, cmd: [Deno.execPath()], cwd: at.home.path };
  const names = Array.from({ length: 1_100 }, (_, i) => `app-${i}`).sort();
  await ipc.registry.update(new Map(names.map((name) => [name, () => entry])));
  await ipc.registry.update(new Map([["last", () => entry]]));
  const seen: string[] = [];
  for (;;) {
    const { value } = await presence.next();
    assert(value !== undefined);
    if (value.event === "present") seen.push(`present ${value.apps.length}`);
    else seen.push(`${value.event} ${value.name}`);
    if (seen.at(-1) === "registered last" || seen.at(-1) === "present 1101") break;
  }
  // (The first may be the one that it was waiting for.)
  assert(seen.length <= 3 && seen.some((event) => /^present 110[01]$/.test(event)), seen.join());
});

Deno.test("watchApps: those who ask in one turn share a look at who runs", async () => {
  await using at = await temporaryHome();
  let looks = 0;
  const appsWith: Home["appsWith"] = (kind) => {
    looks++;
    return at.home.appsWith(kind);
  };
  const context = { home: { ...at.home, appsWith }, platform: platform() };
  const onlooker = { app: "greeter", changed() {} };
  const watching = Array.from({ length: 200 }, () => watchApps(context, { ...onlooker }));
  await Promise.all(watching.map(({ begun }) => begun));
  // (Another look follows an event, and other meshes of this user make some.)
  assert(looks > 0);
  assertLess(looks, 100);
  for (const each of watching) each.end();
});
