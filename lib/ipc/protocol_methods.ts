/**
 * The methods that every process on the mesh answers, whatever it exposes.
 *
 * @module
 */

import { BYTES_TYPE } from "./codec.ts";
import { SECOND_INSTANCE, type SecondInstance, secondInstanceOf } from "./instance.ts";
import type { AppDescription } from "./options.ts";
import type { IncomingRequest } from "./request.ts";
import type { WatchEvent } from "./watch.ts";

/** What the protocol's methods need of the process that answers them. */
export interface ProtocolHost {
  /** For `$/ping`, which every new connection begins with. */
  identify(): { name: string | null; pid: number };
  /** For `$/describe`. */
  describe(): AppDescription;
  /** For `$/watch`: the process's calls as they come and end. */
  watch(request: IncomingRequest): AsyncIterable<WatchEvent>;
  /** For `$/shutdown`: leaves the mesh. */
  leave(): Promise<void>;
  /** For `$/secondInstance`. */
  onSecondInstance(event: SecondInstance): void;
  /** Told of what failed where no caller is to blame. */
  report(problem: string): void;
}

/** Answers a `$/…` request. @throws {MethodNotFoundError} for one that is not of the protocol. */
export function answerProtocol(request: IncomingRequest, host: ProtocolHost): unknown {
  switch (request.method) {
    case "$/ping":
      return { ...host.identify(), accept: [BYTES_TYPE] };
    case "$/describe":
      return host.describe();
    case "$/watch":
      return host.watch(request);
    case "$/shutdown":
      // The answer leaves before the connection does.
      setTimeout(() => host.leave().catch((error) => host.report(String(error))), 0);
      return null;
    case SECOND_INSTANCE: {
      const event = secondInstanceOf(request.params);
      try {
        host.onSecondInstance(event);
      } catch (error) {
        // The second start has been told, whatever the app makes of it.
        host.report(`onSecondInstance failed: ${error}`);
      }
      return { pid: Deno.pid };
    }
    default:
      return request.refuse();
  }
}
