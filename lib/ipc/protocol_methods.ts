/**
 * The methods that every process on the mesh answers, whatever it exposes.
 *
 * @module
 */

import { BYTES_TYPE } from "./wire/codec.ts";
import { greeting, takeGreeting } from "./greeting.ts";
import { SECOND_INSTANCE, type SecondInstance, secondInstanceOf } from "./second_instance.ts";
import type { AppDescription } from "./options.ts";
import type { IncomingRequest } from "./session/answering/incoming_request.ts";
import type { Watchers } from "./methods/watchers.ts";

/** What the protocol's methods need of the process that answers them. */
export interface ProtocolHost {
  /** For `$/ping`, by which callers of this library greet an app before they call it. */
  readonly name: string | null;
  /** For `$/describe`. */
  describe(): AppDescription;
  /** For `$/watch` and `$/cancelCall`: those who are told of calls as they come and end… */
  readonly watchers: Watchers;
  /** …and the calls that are being answered, of the protocol's own methods too. */
  inFlight(): IncomingRequest[];
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
      takeGreeting(request.caller, request.params);
      return { ...greeting(host.name), accept: [BYTES_TYPE] };
    case "$/describe":
      return host.describe();
    case "$/watch":
      return host.watchers.watch(request, () => host.inFlight());
    case "$/cancelCall":
      return host.watchers.cancel(request, host.inFlight());
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
      return request.throwNotFound();
  }
}
