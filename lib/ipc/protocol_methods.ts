/**
 * The methods that every process on the mesh answers, whatever it exposes.
 *
 * @module
 */

import { BYTES_TYPE } from "./wire/codec.ts";
import { greeting, takeGreeting } from "./greeting.ts";
import { SECOND_INSTANCE, secondInstanceOf } from "./second_instance.ts";
import { type DescribedProcess, describeProcess, type OpenOptions } from "./options.ts";
import type { IncomingRequest } from "./session/answering/incoming_request.ts";
import type { Methods } from "./methods/methods.ts";
import type { Topics } from "./topics/topics.ts";

/** The process that answers the protocol's methods: what `$/describe` tells of it, and more. */
export interface ProtocolHost extends DescribedProcess {
  /** For `$/secondInstance`. */
  readonly options: Pick<OpenOptions, "version" | "onSecondInstance">;
  /** For `$/subscribe`. */
  readonly topics: Topics;
  /** For `$/watch` and `$/cancelCall`: those who are told of calls as they come and end… */
  readonly methods: Methods;
  /** …and the calls that are being answered, of the protocol's own methods too. */
  inFlight(): IncomingRequest[];
  /** For `$/shutdown`: leaves the mesh. */
  leave(): Promise<void>;
  /** Told of what failed where no caller is to blame. */
  report(problem: string): void;
}

/** Answers a `$/…` request. @throws {MethodNotFoundError} for one that is not of the protocol. */
export function answerProtocol(request: IncomingRequest, host: ProtocolHost): unknown {
  switch (request.method) {
    case "$/ping":
      takeGreeting(request.caller, request.params);
      return { ...greeting(host.name), accept: [BYTES_TYPE], ...host.methods.told() };
    case "$/describe":
      return describeProcess(host);
    case "$/subscribe":
      return host.topics.subscribe(request, host.name);
    case "$/watch":
      return host.methods.watchers.watch(request, () => host.inFlight());
    case "$/cancelCall":
      return host.methods.watchers.cancel(request, host.inFlight());
    case "$/shutdown":
      // The answer leaves before the connection does.
      setTimeout(() => host.leave().catch((error) => host.report(String(error))), 0);
      return null;
    case SECOND_INSTANCE: {
      const event = secondInstanceOf(request.params);
      try {
        host.options.onSecondInstance?.(event);
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
