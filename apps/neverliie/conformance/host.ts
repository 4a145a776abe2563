/**
 * The host that is checked.
 *
 * @module
 */

import type { Home } from "../../../lib/ipc/mod.ts";
import { platform } from "../../../lib/ipc/tools.ts";

/** A duplex stream of bytes to the host, as the library has it. */
export type Transport = NonNullable<Awaited<ReturnType<ReturnType<typeof platform>["dial"]>>>;

/** A host whose process is the kit's: it is started, killed and woken. */
export interface OwnHost {
  /** Starts the program by hand, where it does not run, and waits until it is there. */
  up(): Promise<void>;
  /** Ends its process as a crash would, and waits until that is gone. */
  kill(): Promise<void>;
  /** Resolves once no process has its name and nobody answers at its address. */
  gone(awaited: string): Promise<void>;
  /** Starts the program once more, by hand unless woken, with further arguments, to its end. */
  startAgain(args: readonly string[], woken?: boolean): Promise<void>;
  /** Has it started by its entry in the registry, as any caller does that finds it asleep. */
  wake(): Promise<void>;
  /** Writes its entry, with members of others beside it. */
  enter(): Promise<void>;
}

/** The host that is checked. */
export interface Host {
  readonly app: string;
  readonly home: Home;
  readonly address: string;
  /** `null` for an app that runs for somebody: nothing is done that could end it. */
  readonly own: OwnHost | null;
  /** Connects; `null` where nobody listens. @param timeout milliseconds for a busy listener */
  dial(timeout: number): Promise<Transport | null>;
}

/** An app that runs. */
export class RunningHost implements Host {
  readonly app: string;
  readonly home: Home;
  readonly address: string;
  readonly own: OwnHost | null;

  constructor(app: string, home: Home, own: OwnHost | null = null) {
    this.app = app;
    this.home = home;
    this.address = home.address(app);
    this.own = own;
  }

  dial(timeout: number): Promise<Transport | null> {
    return platform().dial(this.address, { deadline: performance.now() + timeout });
  }
}
