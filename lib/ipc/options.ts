/**
 * What a process may say about how it joins the mesh, and what it tells of itself.
 *
 * @module
 */

import { permissionFlags } from "./permissions.ts";
import type { ActivationContext } from "./activation/activation.ts";
import type { TopicDescription } from "./topics/topics.ts";
import type { SecondInstance } from "./second_instance.ts";
import type { LaunchCommand } from "./registry/registration.ts";
import type { Limits } from "./session/limits.ts";
import type { Handler, MethodDescription } from "./methods/methods.ts";

/** The protocol's version, told by `$/describe`. */
export const PROTOCOL_VERSION = 1;
/** Milliseconds a woken program has to answer unless told otherwise. */
export const DEFAULT_START_TIMEOUT = 30_000;

/** How a process joins the mesh. */
export interface ClientOptions {
  /** The home's folder; `NEVERLIIE_HOME`, else `~/.neverliie`, unless given. */
  home?: string | undefined;
  /**
   * Programs to register where the registry has no entry for them (or one that the same suite
   * wrote), so that a fresh home knows the suite.
   */
  suite?: ReadonlyMap<string, LaunchCommand> | undefined;
  /** How much a peer may ask of this process; `DEFAULT_LIMITS` for those not given. */
  limits?: Partial<Limits> | undefined;
  /**
   * On Windows, whether this process, when it runs elevated, starts programs from the registry, and
   * exchanges calls with programs that have fewer rights; false by default. Whoever allows it lets
   * any program of the user act through this one: see docs/security.md.
   */
  trustUnelevated?: boolean | undefined;
  /** Told of what was wrong but could be helped, such as a corrupt registry; stderr by default. */
  onProblem?: ((problem: string) => void) | undefined;
}

/** How an app joins the mesh. */
export interface OpenOptions extends ClientOptions {
  /** Methods to expose before anybody can call. */
  methods?: Readonly<Record<string, Handler>> | undefined;
  /** Told to `$/describe`. */
  version?: string | undefined;
  /** Called when the user starts the app again; gets that start's arguments. */
  onSecondInstance?: ((event: SecondInstance) => void) | undefined;
  /**
   * Called when the app has left the mesh, with the reason ("it got SIGTERM"), while its name is
   * still its own: the last chance to write something. A process that ends by a signal waits for it.
   */
  onLeave?: ((why: string) => void | Promise<void>) | undefined;
  /**
   * What a second start does once its arguments are handed over: print so and exit 0 (default),
   * or throw {@link AlreadyRunningError}.
   */
  ifRunning?: "exit" | "throw" | undefined;
  /** How to start this app; found out from this process unless given. `false`: not to be woken. */
  launch?: LaunchCommand | false | undefined;
  /**
   * Whether the app is started again when it dies, after a pause, a few times in a row. It is not
   * when it leaves by itself, by a signal or by `$/shutdown`. As the registry says unless given.
   */
  keepAlive?: boolean | undefined;
  /** Whether this process may start others again that are kept alive and died; true by default. */
  supervise?: boolean | undefined;
  /** Whether Ctrl-C and the system's request to end close the app and exit; true by default. */
  handleSignals?: boolean | undefined;
}

/** What `$/describe` answers. */
export interface AppDescription {
  /** The app's name; `null` for a client. */
  name: string | null;
  /** Its process. */
  pid: number;
  /** When that began, in milliseconds since the epoch. */
  started: number;
  /** Of the app, where it told one. */
  version: string | null;
  /** {@link PROTOCOL_VERSION}. */
  protocol: number;
  /** Deno's version; in Node and Bun their name and version. */
  deno: string;
  /** How it is started again; `null` where it cannot be. */
  launch: LaunchCommand | null;
  /** The flags of `deno run` that it needs to serve; what its handlers do comes on top. */
  permissions: string[];
  /** What it exposes, in the order of exposure. */
  methods: MethodDescription[];
  /** What can be subscribed to, in the order of opening. */
  topics: TopicDescription[];
}

/** What a process is described by. */
export interface DescribedProcess {
  readonly name: string | null;
  readonly context: Pick<ActivationContext, "home" | "platform">;
  readonly options: Pick<OpenOptions, "version">;
  readonly launch: LaunchCommand | null;
  readonly methods: { describe(): MethodDescription[] };
  readonly topics: { describe(): TopicDescription[] };
}

/** This process, as {@link AppDescription} tells it. */
export function describeProcess(process: DescribedProcess): AppDescription {
  const { name, context, options, launch } = process;
  const { pid, version: { deno } } = Deno;
  const permissions = permissionFlags(context.home, name, context.platform, launch !== null);
  return {
    name,
    pid,
    started: Math.round(performance.timeOrigin),
    version: options.version ?? null,
    protocol: PROTOCOL_VERSION,
    deno,
    launch,
    permissions,
    methods: process.methods.describe(),
    topics: process.topics.describe(),
  };
}
