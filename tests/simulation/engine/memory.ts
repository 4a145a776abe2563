/**
 * Pointers of a scripted process. The system has addresses alone: what the engine does not hold is
 * gone, as in a real process.
 *
 * @module
 */

/** What is at an address. Whoever wants it to stay there holds it. */
export interface Place {
  readonly buffer: WeakRef<ArrayBufferLike>;
  readonly offset: number;
}

/** Where a typed array is. */
export function placeOf({ buffer, byteOffset }: Uint8Array): Place {
  return { buffer: new WeakRef(buffer), offset: byteOffset };
}

/** An address. */
export class Pointer {
  constructor(
    readonly address: bigint,
    readonly memory: Place | null = null,
    /** The function that is there. */
    readonly code: Callback | null = null,
  ) {}
}

/** A function that other threads call. */
export interface Callback {
  readonly call: (context: Pointer | null, timedOut: number) => void;
  /** How often it keeps the event loop alive. */
  references: number;
  closed: boolean;
}

/** The address space. */
export class Memory {
  #next = 0x1000n;
  readonly callbacks: Callback[] = [];

  /** `Deno.UnsafePointer` */
  readonly UnsafePointer = {
    of: (bytes: Uint8Array) => new Pointer(this.address(), placeOf(bytes)),
    create: (address: bigint) => address === 0n ? null : new Pointer(address),
  };

  /** An address that nobody has. */
  address(): bigint {
    return this.#next += 0x100n;
  }

  /** `Deno.UnsafeCallback`, whose `close` asks first. */
  callbacksOf(closing: (callback: Callback) => void) {
    const threadSafe = (_definition: unknown, call: Callback["call"]) => {
      // It keeps the loop alive from the start.
      const code: Callback = { call, references: 1, closed: false };
      this.callbacks.push(code);
      return {
        pointer: new Pointer(this.address(), null, code),
        ref: () => ++code.references,
        unref: () => --code.references,
        close: () => {
          closing(code);
          code.closed = true;
        },
      };
    };
    return { threadSafe };
  }
}
