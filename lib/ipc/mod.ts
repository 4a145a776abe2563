/**
 * A mesh of desktop programs without a broker: programs find, wake and call each other over named
 * pipes (Windows) and Unix sockets (Linux, macOS), as scripts and as executables.
 *
 * @example An app and a caller. (Here in one process; the caller may be any process of the user.)
 * ```ts
 * import { NeverLiieIPC } from "@neverliie/ipc";
 * import { assertEquals } from "@std/assert";
 *
 * await using app = await NeverLiieIPC.open("greeter", {
 *   launch: false, // a program leaves this out, and is started when it sleeps
 * });
 * app.expose("greet", ({ name }) => `Hello, ${name}!`, { params: ["name"] });
 * app.expose("count", async function* ({ to }) {
 *   for (let i = 1; i <= to; i++) yield i;
 * });
 *
 * await using client = await NeverLiieIPC.client();
 * assertEquals(await client.call("greeter", "greet", { name: "Ada" }), "Hello, Ada!");
 * assertEquals(await Array.fromAsync(client.stream("greeter", "count", { to: 3 })), [1, 2, 3]);
 * ```
 *
 * @module
 */

export { NeverLiieIPC } from "./ipc.ts";
export {
  type AppDescription,
  type ClientOptions,
  DEFAULT_START_TIMEOUT,
  type OpenOptions,
  PROTOCOL_VERSION,
} from "./options.ts";
export { DEFAULT_TIMEOUT } from "./timer.ts";
export type { AnyMethod, CallOptions, ParametersWithOptions, Remote } from "./remote.ts";
export type { StreamCallOptions } from "./remote.ts";
export type { CallContext, ExposeOptions, Handler, MethodDescription } from "./methods.ts";
export { type ContractOf, exposeContract, type HandlerFor, type HandlersFor } from "./contract.ts";
export type {
  CallerAnswer,
  CallerParams,
  ContractSchemas,
  Exposing,
  HandlerAnswer,
  HandlerParams,
  Streamed,
} from "./contract.ts";
export type {
  JsonSchema,
  JsonSchemaConverter,
  SchemaInput,
  SchemaIssue,
  SchemaOutput,
  SchemaResult,
  StandardSchema,
} from "./standard_schema.ts";
export type { MethodJsonSchemas } from "./json_schema.ts";
export type { ValidationIssue } from "./validation.ts";
export { IPCStream, type StreamOptions } from "./stream.ts";
export type { Peer, PeerIdentity } from "./peer.ts";
export type { WaitOptions } from "./pending_calls.ts";
export { serveWorker, type WorkerContext } from "./worker.ts";
export { isWoken, type SecondInstance } from "./instance.ts";
export {
  AlreadyRunningError,
  ConnectionLostError,
  ErrorCode,
  LimitExceededError,
  MethodNotFoundError,
  ProtocolMismatchError,
  RemoteError,
  StartLimitError,
  TargetNotRunningError,
  TargetStartError,
  TargetUnknownError,
} from "./errors.ts";
export { DEFAULT_LIMITS, type Limits } from "./limits.ts";
export { defaultHome, type Home, openHome, type RuntimeFile } from "./home.ts";
export { Registry, RegistryRefusedError, type RegistrySnapshot } from "./registry.ts";
export { missingPart, type RegistryEntry } from "./registry_entry.ts";
export { type LaunchCommand, ownLaunchCommand } from "./launch_command.ts";
export { endSupervision } from "./supervision.ts";
export { type AppStatus, glanceAtApps, isServing, listApps, pidOf } from "./status.ts";
export type { Params, TraceContext } from "./message.ts";
export type { FrameLimits } from "./codec.ts";
export { checkAppName } from "./name.ts";
export type { CallBegan, CallEnded, CallProgress, WatchEvent } from "./watch_event.ts";
