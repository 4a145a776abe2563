import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Connection } from "../../../lib/ipc/session/connection.ts";
import { Elevation } from "../../../lib/ipc/activation/elevation.ts";
import { ConnectionLostError } from "../../../lib/ipc/wire/errors.ts";
import { IncomingConnections } from "../../../lib/ipc/incoming_connections.ts";
import { DEFAULT_LIMITS } from "../../../lib/ipc/session/limits.ts";
import { memoryPair } from "../../../lib/ipc/testing/memory_transport.ts";
import { IPCStream } from "../../../lib/ipc/session/calling/stream.ts";
import { checkDuration } from "../../../lib/ipc/base/timer.ts";
import type { Listener, Transport } from "../../../lib/ipc/os/transport.ts";

/** A listener whose accepts come to what the test says, one after the other. */
function scripted(results: (Transport | Error | null)[]): Listener {
  return {
    address: "here",
    accept() {
      const next = results.shift() ?? null;
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
    },
    close: () => Promise.resolve(),
  };
}

Deno.test("IncomingConnections reports a row of failed accepts once, and that it is over", async () => {
  const [ours, theirs] = memoryPair();
  const [second, other] = memoryPair();
  const failures = [1, 2, 3].map(() => new Error("too many open files"));
  const reports: string[] = [];
  const incoming = new IncomingConnections(
    new Elevation({ rights: () => ({ elevated: false, integrity: 0 }) }),
    () => "answered",
    DEFAULT_LIMITS,
    (problem) => reports.push(problem),
  );
  await incoming.accept(scripted([...failures, theirs, new Error("again"), other, null]));
  assertEquals(reports, [
    'Cannot accept connections to "here", trying on: too many open files',
    'Connections to "here" are accepted again',
    'Cannot accept connections to "here", trying on: again',
    'Connections to "here" are accepted again',
  ]);
  const clients = [ours, second].map((transport) => new Connection(transport));
  for (const client of clients) assertEquals((await client.call("x")).result, "answered");
  await incoming.close("the test is over");
  for (const client of clients) assert(await client.ended !== null);
});

Deno.test("a duration that is no number of milliseconds is refused by name", () => {
  for (const value of [NaN, -1, "5" as unknown as number, null as unknown as number]) {
    assertThrows(() => checkDuration("timeout", value), TypeError, '"timeout"');
    const open = () => new IPCStream(() => Promise.reject(new Error()), { itemTimeout: value });
    assertThrows(open, TypeError, '"itemTimeout"');
  }
  for (const value of [undefined, 0, 1, Infinity]) checkDuration("timeout", value);
});

Deno.test("IncomingConnections serves nobody who was accepted while it was being closed", async () => {
  const [ours, theirs] = memoryPair();
  const late = Promise.withResolvers<Transport | null>();
  const accepts = [late.promise];
  const listener: Listener = {
    address: "here",
    accept: () => accepts.shift() ?? Promise.resolve(null),
    close: () => Promise.resolve(),
  };
  let handled = 0;
  const elevation = new Elevation({ rights: () => ({ elevated: false, integrity: 0 }) });
  const incoming = new IncomingConnections(elevation, () => ++handled, DEFAULT_LIMITS, () => {});
  const accepting = incoming.accept(listener);
  await incoming.close("it left");
  late.resolve(theirs);
  await accepting;
  const client = new Connection(ours);
  const error = await assertRejects(() => client.call("x"), ConnectionLostError, "it left");
  assertEquals([error.unsent, handled], [true, 0]);
  await client.ended;
});
