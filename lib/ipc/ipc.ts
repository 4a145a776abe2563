/**
 * The library's top floor: this process on the mesh. What stands beside this file knows all rooms
 * and joins them: connections to others and from others, what both sides say first, who runs. Of the
 * programs that use it, it must know nothing.
 *
 * This file is the class that programs use.
 *
 * @module
 */

import type { ActivationContext } from "./activation/activation.ts";
import { Elevation } from "./activation/elevation.ts";
import type { Connection, Reply } from "./session/connection.ts";
import { type Home, openHome } from "./registry/home.ts";
import { IncomingConnections } from "./incoming_connections.ts";
import { becomeInstance, type Instance, isWoken } from "./activation/instance.ts";
import { type LaunchCommand, ownLaunchCommand, register } from "./registry/registration.ts";
import { checkLimits } from "./session/limits.ts";
import type { Params, TraceContext } from "./wire/message.ts";
import type { HandlerFor } from "./methods/contract.ts";
import { type ExposeOptions, Methods } from "./methods/methods.ts";
import { checkAppName } from "./base/name.ts";
import type { ClientOptions, OpenOptions } from "./options.ts";
import { openedStream, plainResult } from "./session/peer.ts";
import { platform } from "./os/platform.ts";
import { attempt, printProblem } from "./base/problem.ts";
import { answerProtocol, type ProtocolHost } from "./protocol_methods.ts";
import { Presence, type PresenceOptions } from "./presence/presence.ts";
import { Registry } from "./registry/registry.ts";
import { type CallOptions, type Remote, remote, type StreamCallOptions } from "./remote.ts";
import { subscribe, type SubscribeOptions, type Subscription } from "./topics/topics.ts";
import { type Topic, type TopicOptions, Topics } from "./topics/topics.ts";
import { copyCalls } from "./second_instance.ts";
import type { IncomingRequest } from "./session/answering/incoming_request.ts";
import { onStopSignal } from "./base/signals.ts";
import { IPCStream } from "./session/calling/stream.ts";
import { resumeSupervision, Supervisor } from "./activation/supervisor.ts";
import { Targets } from "./targets.ts";
import { Telemetry } from "./session/telemetry.ts";
import { callLater } from "./base/timer.ts";
import type { Listener } from "./os/transport.ts";
import { WorkerPool } from "./workers/worker_pool.ts";

/**
 * A process on the mesh: an app that listens under its name ({@link NeverLiieIPC.open}), or a
 * nameless client ({@link NeverLiieIPC.client}).
 *
 * @example
 * ```ts
 * import { NeverLiieIPC } from "@neverliie/ipc";
 * await using ipc = await NeverLiieIPC.open("clock", { launch: false });
 * ipc.expose("now", () => Date.now()); // a program that serves awaits ipc.closed
 * ```
 */
export class NeverLiieIPC implements AsyncDisposable {
  /** The app's name; `null` for a client. */
  readonly name: string | null;
  /** The mesh's places. */
  readonly home: Home;
  /** The mesh's registry. */
  readonly registry: Registry;

  readonly #context: ActivationContext;
  readonly #methods = new Methods((problem) => this.#report(problem));
  readonly #topics = new Topics((problem) => this.#report(problem));
  readonly #options: OpenOptions;
  readonly #report: (problem: string) => void;
  readonly #targets: Targets;
  readonly #telemetry = Telemetry.find();
  readonly #incoming: IncomingConnections;
  readonly #closed = Promise.withResolvers<void>();
  readonly #workers: WorkerPool;
  #launch: LaunchCommand | null = null;
  #listener: Listener | null = null;
  #instance: Instance | null = null;
  #supervisor: Supervisor | null = null;
  #closing: Promise<void> | null = null;
  #ignoreSignals: (() => void) | null = null;
  readonly #close = (why: string): Promise<void> => this.#closing ??= this.#leave(why);

  private constructor(name: string | null, home: Home, options: OpenOptions) {
    this.name = name;
    this.home = home;
    this.#options = options;
    const report = this.#report = options.onProblem ?? printProblem;
    this.registry = new Registry(home, report);
    const system = platform();
    const elevation = new Elevation(system, options.trustUnelevated);
    this.#context = { home, platform: system, registry: this.registry, elevation, report };
    const limits = checkLimits(options.limits);
    this.#targets = new Targets(this.#context, this.#dispatch, limits, name);
    this.#incoming = new IncomingConnections(elevation, this.#dispatch, limits, report);
    this.#workers = new WorkerPool(limits.threads);
  }

  /**
   * Joins as the app `name`: becomes its only instance, listens, and registers how to be started
   * again. Expose methods before the next `await` that waits for the outside, or by
   * `options.methods`: callers get through from the next turn of the event loop on.
   *
   * @throws {TypeError} on a name that breaks the grammar.
   * @throws {AlreadyRunningError} with `ifRunning: "throw"`; otherwise the process exits 0.
   */
  static async open(name: string, options: OpenOptions = {}): Promise<NeverLiieIPC> {
    checkAppName(name);
    const woken = isWoken();
    const ipc = new NeverLiieIPC(name, await openHome(options.home), options);
    ipc.#methods.addAll(options.methods);
    ipc.#instance = await becomeInstance(name, ipc.#context, copyCalls, woken, options.ifRunning);
    try {
      await ipc.#join(name);
    } catch (error) {
      await ipc.close();
      throw error;
    }
    return ipc;
  }

  /** Joins without a name: to call others, as front ends and commands do. Any number may. */
  static async client(options: ClientOptions = {}): Promise<NeverLiieIPC> {
    isWoken();
    const ipc = new NeverLiieIPC(null, await openHome(options.home), options);
    await register(ipc.registry, { ...options, name: null, launch: null }, ipc.#report);
    return ipc;
  }

  /** Where this app listens; `null` for a client. */
  get address(): string | null {
    return this.name === null ? null : this.home.address(this.name);
  }

  /** Resolves when this process has left the mesh: by {@link close}, a signal, or `$/shutdown`. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Exposes a method. @throws {TypeError} on a name that is reserved or taken. */
  expose<const Options extends ExposeOptions>(
    method: string,
    handler: HandlerFor<Options>,
    options?: Options,
  ): void {
    this.#methods.add(method, handler, options);
  }

  /**
   * Exposes a method whose handler computes in a thread of its own: everything else here answers
   * while it does, a cancelled call included. A handler that looks at `signal.aborted` in its loop
   * ends there; it need not pause for that. The module calls {@link serveWorker}. A compiled program
   * must include it: `deno compile --include`.
   *
   * @param moduleUrl the worker's module, such as `import.meta.resolve("./hash_worker.ts")`
   */
  exposeWorker(method: string, moduleUrl: string | URL, options: ExposeOptions = {}): void {
    this.expose(method, this.#workers.handler(String(moduleUrl), method), options);
  }

  /** Opens a topic, to which any process subscribes. @throws {TypeError} on a name that is taken. */
  topic<T = unknown>(name: string, options: TopicOptions = {}): Topic<T> {
    return this.#topics.open<T>(this.name, name, options);
  }

  /** What the topic of another app emits from now on, also after that app was started again. */
  subscribe<T>(app: string, topic: string, options: SubscribeOptions = {}): Subscription<T> {
    return subscribe<T>(this, this.#context, this.#targets.left, [app, topic], options);
  }

  /**
   * Calls a method and waits for its result, starting the target when it sleeps.
   *
   * @throws {RemoteError} what the handler threw; {@link MethodNotFoundError} among them.
   * @throws {Deno.errors.TimedOut} no answer in time; the handler is cancelled.
   * @throws {TargetUnknownError} | {@link TargetNotRunningError} | {@link TargetStartError} |
   * {@link StartLimitError} | {@link ConnectionLostError}
   */
  call<Result = unknown>(
    target: string,
    method: string,
    params?: Params,
    options: CallOptions = {},
  ): Promise<Result> {
    const finish = (reply: Reply, from: Connection) =>
      plainResult<Result>(reply, from, () => `"${method}" of "${target}"`);
    return this.#request(target, method, params, options, finish);
  }

  /** The items of a streaming method; a plain method's result comes as the one item. */
  stream<Item = unknown>(
    target: string,
    method: string,
    params?: Params,
    options: StreamCallOptions = {},
  ): IPCStream<Item> {
    const open = (ended: AbortSignal) =>
      this.#request(target, method, params, { ...options, signal: ended }, openedStream, ended);
    return new IPCStream<Item>(open, options);
  }

  /** The target's methods as functions, typed by its contract. Nothing is sent until one is called. */
  connect<Contract>(target: string): Remote<Contract> {
    checkAppName(target);
    return remote<Contract>(target, this);
  }

  /** Starts the target when it sleeps or was given up; rejects as {@link call} does. */
  async wake(target: string, options: CallOptions = {}): Promise<void> {
    resumeSupervision(this.home, target);
    await this.#request(target, "$/ping", {}, options, () => {});
  }

  /** Who runs and who is registered, then who comes and goes, as the system tells. Starts nobody. */
  presence(options: PresenceOptions = {}): Presence {
    return new Presence(this.#context, this, options);
  }

  /**
   * Leaves the mesh: no new peers, handlers' signals fire, answers in flight leave, pending calls
   * reject, the name is free. Calling it again returns the same promise.
   */
  close(): Promise<void> {
    return this.#close("it ended");
  }

  /** What `await using` calls: {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @param ended fires at the end of the stream that the request opens */
  #request<T>(
    target: string,
    method: string,
    params: Params | undefined,
    options: CallOptions,
    finish: (reply: Reply, connection: Connection) => T,
    ended?: AbortSignal,
  ): Promise<T> {
    const send = (trace?: TraceContext) =>
      this.#targets.request(target, method, params, options, finish, trace);
    if (this.#telemetry === null || method.startsWith("$/")) return send();
    return this.#telemetry.outgoing(target, method, send, ended);
  }

  async #leave(why: string): Promise<void> {
    const told = `"${this.name}" left the mesh: ${why}`;
    // Each step whatever became of the others; signals last, or a second one would end it before.
    const owned = await this.#instance?.leave() ?? true;
    await attempt(() => this.#supervisor?.stop(owned), this.#report);
    await attempt(() => this.#listener?.close(), this.#report);
    const ends = [() => this.#targets.close(), () => this.#incoming.close(told)];
    await Promise.all(ends.map((end) => attempt(end, this.#report)));
    await attempt(() => this.#workers.close(), this.#report);
    await attempt(() => this.#options.onLeave?.(why), this.#report);
    this.#ignoreSignals?.();
    this.#instance?.release();
    this.#closed.resolve();
  }

  async #join(name: string): Promise<void> {
    const { platform } = this.#context;
    const { launch = ownLaunchCommand(() => platform.commandLine()) } = this.#options;
    this.#launch = launch || null;
    const mark = this.home.runtimeFile(name, "up");
    const options = { report: this.#report, owns: this.#instance!.look, mark };
    const listener = this.#listener = await platform.listen(this.home.address(name), options);
    const entry = { ...this.#options, name, launch: this.#launch, woken: isWoken() };
    const kept = await register(this.registry, entry, this.#report);
    if (this.#options.supervise !== false || kept) {
      this.#supervisor = new Supervisor(this.#context, { ...entry, kept }, this.#report);
    }
    if (this.#options.handleSignals !== false) {
      this.#ignoreSignals = onStopSignal(this.#close, isWoken() ? {} : platform);
    }
    this.#instance!.keep({
      onRenewed: () => this.#supervisor?.enlist(),
      onLost: (why) => void this.#close(why),
    });
    // In a turn of its own: the caller exposes its methods first.
    callLater(0, () => void this.#incoming.accept(listener));
  }

  readonly #dispatch = (request: IncomingRequest): unknown => {
    if (request.method.startsWith("$/")) return answerProtocol(request, this.#protocol());
    if (this.#telemetry === null) return this.#methods.dispatch(request, this.name);
    const handle = () => this.#methods.dispatch(request, this.name);
    return this.#telemetry.incoming(this.name, request, handle);
  };

  readonly #protocol = (): ProtocolHost => ({
    name: this.name,
    context: this.#context,
    options: this.#options,
    launch: this.#launch,
    methods: this.#methods,
    topics: this.#topics,
    inFlight: () => [...this.#incoming.inFlight(), ...this.#targets.inFlight()],
    leave: () => this.#close("it was asked to shut down"),
    report: (problem) => this.#report(problem),
  });
}
