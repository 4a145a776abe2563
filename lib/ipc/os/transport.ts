/**
 * What the mesh needs from an operating system: interfaces only.
 *
 * `unix/` and `windows/` implement them, and `platform.ts` picks the ones for this system. For unit
 * tests of the session, `testing/memory_transport.ts` implements {@link Transport}.
 *
 * @module
 */

/** A duplex stream of bytes to one peer. */
export interface Transport {
  /**
   * The next bytes from the peer, or `null` once the peer has ended or {@link close} was called.
   *
   * One read at a time. The view is valid until the next `read`: its owner reuses the buffer.
   *
   * @param into where the bytes may go instead, so that a large body is not copied; the view is
   * then the beginning of it. Give memory that nothing else uses until the read is over.
   * @throws when the connection broke in a way other than the peer's end.
   */
  read(into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array | null>;
  /**
   * Sends all of `bytes`. Resolves once the kernel has taken them; until then they must not change.
   * One write at a time.
   *
   * @throws {Deno.errors.BrokenPipe} when the peer is gone or the transport closed.
   */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Ends both directions. A pending read resolves to `null`, a pending write rejects. Bytes that
   * the kernel has taken still reach the peer. Resolves once the kernel uses no buffer of it any
   * more and its handle is closed; calling it again returns the same promise.
   */
  close(): Promise<void>;
  /** Waiting for bytes keeps the program running no more. Missing on Windows. */
  unref?(): void;
  /** The rights of the peer's process; `null` where they cannot be told. Missing on Unix. */
  peerRights?(): Rights | null;
}

/** What Windows lets a process do beside what its user may. Unix has nothing like it. */
export interface Rights {
  /** Whether it has rights that the ordinary programs of its user lack. */
  elevated: boolean;
  /** Its integrity level: no program may change what has a higher one. 0 on Unix. */
  integrity: number;
}

/** Where one app waits for its peers. */
export interface Listener {
  /** The pipe name or socket path that peers dial. */
  readonly address: string;
  /** The next peer, or `null` once the listener is closed. One accept at a time. */
  accept(): Promise<Transport | null>;
  /** Stops listening. A pending accept resolves to `null`; accepted transports live on. */
  close(): Promise<void>;
}

/** What a listener asks and tells, as its address is a file on Unix that others may remove. */
export interface ListenOptions {
  /** Told of what happened to the address since, and what was done about it; stderr by default. */
  report?: ((problem: string) => void) | undefined;
  /**
   * Whether the address is still this process's: asked before it is made anew, and before it is
   * given up. Always, unless given.
   */
  owns?: (() => boolean) | undefined;
  /** The file by which others are told, where there is one: see {@link Platform.endTold}. */
  mark?: string | undefined;
}

/** How long and under whose control {@link Platform.dial} tries. */
export interface DialOptions {
  /** Instant, on `performance.now()`'s clock (milliseconds), after which a busy address is given up. */
  deadline: number;
  /** Ends the attempt; `dial` then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** What {@link Platform.spawn} starts. */
export interface SpawnOptions {
  /** The program and its arguments, passed on unchanged: no shell sees them. */
  command: readonly string[];
  /** The working directory. It must exist. */
  cwd: string;
  /** Variables added to this process's own environment. */
  env: Readonly<Record<string, string>>;
  /** The file that standard output and standard error are appended to; its folder must exist. */
  logFile: string;
}

/** A program started by {@link Platform.spawn}. It outlives this process. */
export interface SpawnedProcess {
  readonly pid: number;
  /** The exit code once it has ended (128 + n for a signal n), else `null`. Never waits. */
  exitCode(): number | null;
  /** Ends the process at once, on Unix its session with it. Does nothing once it has ended. */
  kill(): void;
  /** Forgets the process without ending it. Call once; `exitCode` is not to be called afterwards. */
  release(): void;
}

/** One operating system's pipes or sockets, processes and names. */
export interface Platform {
  /**
   * The folder that holds this mesh's sockets (Unix) and lock files: created, checked to be a
   * directory of this user alone, never a link.
   *
   * @param home the mesh's home, absolute
   * @param key a short hash of user and home, `[0-9a-f]+`
   */
  runtimeDirectory(home: string, key: string): string;
  /** The address of `app` in the mesh: pure, touches nothing. */
  address(runtimeDirectory: string, key: string, app: string): string;
  /**
   * Why somebody else could have changed the file or folder at `path`: it is a link, belongs to
   * another user, or others may write it. `null` when it is this user's alone.
   *
   * @throws {Deno.errors.NotFound} when there is nothing.
   */
  ownershipFault(path: string): string | null;
  /**
   * Why `program`, the first element of a command, is none that may be started: not absolute, on
   * another machine, or one that a shell would run. Pure; `null` when it may be.
   */
  programFault(program: string): string | null;
  /**
   * The rights of this process. None is elevated on Unix, where a process with more rights runs as
   * another user and so has another mesh.
   */
  rights(): Rights;
  /**
   * The permission flags that this system's pipes or sockets take; `null` where no program has any,
   * as in Node.
   *
   * @param address where the program listens; `null` where it does not
   * @param woken whether the program reads its own command line, by {@link commandLine}
   */
  permissionFlags(address: string | null, woken: boolean): string[] | null;
  /** A stable identity of the user this process runs as: a numeric uid or a SID (`S-1-5-…`). */
  userId(): string;
  /**
   * Starts listening. The caller holds the app's instance lock, so whatever is left at the address
   * from an earlier process of this user is stale and gets replaced.
   *
   * @throws {Deno.errors.AddrInUse} when somebody else listens there.
   */
  listen(address: string, options?: ListenOptions): Promise<Listener>;
  /**
   * Connects to whoever listens at `address`; `null` when nobody does. A listener that is busy is
   * retried until the deadline, then {@link Deno.errors.TimedOut} is thrown.
   */
  dial(address: string, options: DialOptions): Promise<Transport | null>;
  /**
   * Starts a program that outlives this one, in a session or with a console of its own, with
   * nothing inherited but its log file.
   *
   * @throws {Deno.errors.NotFound} when the program does not exist.
   */
  spawn(options: SpawnOptions): Promise<SpawnedProcess>;
  /**
   * Has this process, and those that it starts, answer Ctrl-C. The process that woke it may ignore
   * Ctrl-C, which Windows hands on to its children. For a woken process, which has its console for
   * itself. Missing on Unix, where listening for the signal is enough.
   */
  heedInterrupts?(): void;
  /**
   * Calls `closed` when the window of this process's console is closed, and keeps the process going
   * for some seconds, in which it is to end. Resolves to a function that ends the watch, or to `null`
   * where there is no window. Missing on Unix, where a signal tells programs of it in time.
   */
  onConsoleClosed?(
    closed: () => void,
    report: (problem: string) => void,
  ): Promise<(() => Promise<void>) | null>;
  /**
   * How others are told that an app has come, and gone, however it ended. "lock": by its socket, and
   * as closing its lock's file is an event of the folder. "mark": by the file `<app>.up`, which goes
   * with its process, and `<app>.left`, which is made before where it leaves in order.
   * "connection": by the end of a connection that they hold. "look": nothing tells of an end, and
   * they look once a second.
   */
  readonly endTold: "lock" | "mark" | "connection" | "look";
  /** The exact arguments this process was started with, the program first. */
  commandLine(): string[];
}
