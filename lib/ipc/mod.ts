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
export { DEFAULT_TIMEOUT } from "./base/timer.ts";
export type { AnyMethod, CallOptions, ParametersWithOptions, Remote } from "./remote.ts";
export type { StreamCallOptions } from "./remote.ts";
export type { CallContext, ExposeOptions, Handler, MethodDescription } from "./methods/methods.ts";
export {
  type ContractOf,
  exposeContract,
  type HandlerFor,
  type HandlersFor,
} from "./methods/contract.ts";
export type {
  CallerAnswer,
  CallerParams,
  ContractSchemas,
  Emitting,
  Exposing,
  HandlerAnswer,
  HandlerParams,
  OpenTopics,
  Streamed,
  TopicNames,
  TopicSchema,
  TopicsOf,
} from "./methods/contract.ts";
export type {
  JsonSchema,
  JsonSchemaConverter,
  SchemaInput,
  SchemaIssue,
  SchemaOutput,
  SchemaResult,
  StandardSchema,
} from "./methods/contract.ts";
export type { MethodJsonSchemas, ValidationIssue } from "./methods/methods.ts";
export { IPCStream, type StreamOptions } from "./session/calling/stream.ts";
export {
  type Overflow,
  type QueueOptions,
  type SubscribeOptions,
  type Subscription,
  type Topic,
  type TopicDescription,
  type TopicEvent,
  TopicGap,
  type TopicOptions,
} from "./topics/topics.ts";
export type { Peer, PeerIdentity } from "./session/peer.ts";
export type { CallBounds, WaitOptions } from "./session/calling/pending_calls.ts";
export { serveWorker, type WorkerContext } from "./workers/worker_pool.ts";
export { isWoken } from "./activation/instance.ts";
export type { SecondInstance } from "./second_instance.ts";
export {
  AlreadyRunningError,
  StartLimitError,
  TargetNotRunningError,
  TargetStartError,
  TargetUnknownError,
} from "./activation/activation.ts";
export {
  ConnectionLostError,
  ErrorCode,
  LimitExceededError,
  MethodNotFoundError,
  ProtocolMismatchError,
  RemoteError,
} from "./wire/errors.ts";
export { DEFAULT_LIMITS, type Limits } from "./session/limits.ts";
export { defaultHome, type Home, openHome, type RuntimeFile } from "./registry/home.ts";
export { Registry, RegistryRefusedError, type RegistrySnapshot } from "./registry/registry.ts";
export {
  folderFault,
  isEdited,
  missingLock,
  type MissingPart,
  missingPart,
  type RegistryEntry,
} from "./registry/registry.ts";
export { type LaunchCommand, ownLaunchCommand } from "./registry/registration.ts";
export { endSupervision } from "./activation/supervisor.ts";
export { type AppStatus, glanceAtApps, isServing, listApps, pidOf } from "./status.ts";
export type {
  AppWentDown,
  Presence,
  PresenceEvent,
  PresenceOptions,
  PresentApp,
} from "./presence/presence.ts";
export type { Params, RequestMembers, TraceContext } from "./wire/message.ts";
export type { FrameLimits } from "./wire/codec.ts";
export { checkAppName } from "./base/name.ts";
export { printable, printableLines } from "./base/problem.ts";
export type { CallBegan, CallEnded, CallProgress, WatchEvent } from "./methods/watchers.ts";
