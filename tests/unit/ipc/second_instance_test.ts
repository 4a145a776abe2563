/** What copies of one app say to each other, over a pair of transports. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  copyCalls,
  SECOND_INSTANCE,
  type SecondInstance,
  secondInstanceOf,
} from "../../../lib/ipc/second_instance.ts";
import { Connection, type Dispatch } from "../../../lib/ipc/session/connection.ts";
import { memoryPair } from "../../../lib/ipc/testing/memory_transport.ts";
import { RemoteError } from "../../../lib/ipc/wire/errors.ts";

const TIMEOUT = 60_000;

/** This side's transport to another copy, which answers as `dispatch` says. */
function copy(dispatch: Dispatch) {
  const [own, theirs] = memoryPair();
  return { own, other: new Connection(theirs, { dispatch }) };
}

Deno.test("copyCalls.handOver gives the other copy this start, and has its process", async () => {
  let told: SecondInstance | undefined;
  const { own, other } = copy(({ method, params }) => {
    assertEquals(method, SECOND_INSTANCE);
    told = secondInstanceOf(params);
    return { pid: 7 };
  });
  assertEquals(await copyCalls.handOver(own, TIMEOUT), { pid: 7 });
  assertEquals(told, { args: Deno.args, cwd: Deno.cwd(), pid: Deno.pid });
  // The transport was closed.
  assert(await other.ended instanceof Error);
});

Deno.test("copyCalls.ping tells a process, a refusal, and nothing of a copy that tells nothing", async () => {
  const { own } = copy(({ method }) => ({ pid: method === "$/ping" ? 7 : 0 }));
  assertEquals(await copyCalls.ping(own, TIMEOUT), { pid: 7 });

  const { own: refusing } = copy(() => {
    throw new RemoteError("no room", -1);
  });
  assertEquals(await copyCalls.ping(refusing, TIMEOUT), { refusal: "no room" });

  const { own: nameless } = copy(() => "hello");
  assertEquals(await copyCalls.ping(nameless, TIMEOUT), null);

  const { own: silent } = copy(() => new Promise(() => {}));
  assertEquals(await copyCalls.ping(silent, 1), null);

  const [leaving, theirs] = memoryPair();
  await theirs.close();
  assertEquals(await copyCalls.ping(leaving, TIMEOUT), null);
});

Deno.test("copyCalls.shutDown waits for the end of the copy that it asks to leave", async () => {
  const asked: string[] = [];
  const { own, other } = copy(({ method }) => {
    asked.push(method);
    // The answer leaves before the connection does.
    setTimeout(() => void other.close(), 0);
    return null;
  });
  await copyCalls.shutDown(own, TIMEOUT, TIMEOUT);
  assertEquals(asked, ["$/shutdown"]);
  assertEquals(other.open, false);
});

Deno.test("secondInstanceOf refuses what tells of no start", () => {
  for (const params of [undefined, {}, { args: [], cwd: "/" }, { args: "x", cwd: "/", pid: 1 }]) {
    assertThrows(() => secondInstanceOf(params), RemoteError, "{ args, cwd, pid }");
  }
});
