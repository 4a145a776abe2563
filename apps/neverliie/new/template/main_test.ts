/** NAME on a mesh of its own: started as a program, called as others would. */
import { deepEqual, equal } from "node:assert/strict";
import { withTestMesh } from "@neverliie/ipc/testing";
import type { Contract, Greeted } from "./main.ts";

Deno.test("it greets, tells of it, and counts", () =>
  withTestMesh(async (mesh) => {
    await mesh.wake(new URL("./main.ts", import.meta.url));
    const client = await mesh.client();
    const app = client.connect<Contract>("NAME");
    equal(await app.greet({ name: "Ada" }), "Hello, Ada!");
    for await (const { name } of client.subscribe<Greeted>("NAME", "greeted")) {
      equal(name, "Ada");
      break;
    }
    deepEqual(await Array.fromAsync(app.count({ to: 3 })), [1, 2, 3]);
  }));
