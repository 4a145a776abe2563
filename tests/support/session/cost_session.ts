/**
 * A session over a real pipe or socket whose ends count, and the tests on it: what calls, streams and
 * topics cost.
 *
 * @module
 */
import { assert } from "@std/assert";
import { Connection } from "../../../lib/ipc/session/connection.ts";
import { platform } from "../../../lib/ipc/os/platform.ts";
import { patient, withLimit } from "../run/watchdog.ts";
import { CountedTransport } from "./counts.ts";
import { dispatchTo, type MethodTable } from "./unit_session.ts";

const WINDOWS = Deno.build.os === "windows";
/** Milliseconds that one test may take. */
export const LIMIT = 30_000;
/** The parameters of a short call. */
export const TEXT = { text: "x".repeat(34) };

/** A session over a real pipe or socket, and what each of its ends counts. */
export interface CostSession {
  client: Connection;
  /** The caller's end, and the answering end. */
  near: CountedTransport;
  far: CountedTransport;
}

/**
 * Makes tests on a session that has settled: buffers have their size, compilers are left alone.
 *
 * @param methods what the answering end has, `$/ping` and `echo` among them
 */
export function costsOf(
  methods: MethodTable,
): (name: string, body: (session: CostSession) => Promise<void>) => void {
  return (name, body) =>
    Deno.test(`${WINDOWS ? "windows" : "unix"} cost: ${name}`, async () => {
      const home = Deno.makeTempDirSync({ prefix: "neverliie-" });
      const key = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
      const directory = platform().runtimeDirectory(home, key);
      const listener = await platform().listen(platform().address(directory, key, "costs"));
      const deadline = performance.now() + patient(LIMIT);
      const [far, near] = (await Promise.all([
        listener.accept(),
        platform().dial(listener.address, { deadline }),
      ])).map((transport) => new CountedTransport(transport!));
      const server = new Connection(far!, { dispatch: dispatchTo(methods) });
      const client = new Connection(near!);
      const run = async () => {
        await client.greet();
        await burst(client);
        await burst(client);
        near!.reset();
        far!.reset();
        await body({ client, near: near!, far: far! });
      };
      try {
        await withLimit(name, run(), LIMIT);
      } finally {
        await client.close();
        await server.ended;
        await listener.close();
        Deno.removeSync(directory, { recursive: true });
        Deno.removeSync(home, { recursive: true });
      }
    });
}

/** 64 calls in one turn. */
export async function burst(client: Connection): Promise<void> {
  await Promise.all(
    Array.from({ length: 64 }, () => client.call("echo", TEXT, { timeout: LIMIT })),
  );
}

/** Whether something costs no more than it does now. */
export function atMost(actual: number, limit: number, what: string): void {
  assert(actual <= limit, `${what}: ${actual}, and it was at most ${limit}`);
}
