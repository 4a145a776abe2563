/**
 * Deno's calls of the system's libraries, as far as lib/ipc/os/windows uses them, by koffi. A pointer
 * is a number; `null` stands for 0.
 *
 * @module
 */

import { type ForeignFunction, koffi } from "./koffi.ts";

/** Deno's words for types, and koffi's. */
const TYPES: Readonly<Record<string, string>> = {
  pointer: "void *",
  buffer: "void *",
  function: "void *",
  u8: "uint8_t",
  i32: "int32_t",
  u32: "uint32_t",
  usize: "size_t",
  void: "void",
};

type Pointer = bigint | null;

function typeOf(word: string): string {
  const type = TYPES[word];
  if (type === undefined) throw new TypeError(`Cannot call a function that takes "${word}"`);
  return type;
}

/** How a function is called. */
interface Definition {
  parameters: readonly string[];
  result: string;
  nonblocking?: boolean;
}

function pointerOf(value: unknown): Pointer {
  return value ? BigInt(value as bigint) : null;
}

function bind({ result, nonblocking }: Definition, call: ForeignFunction) {
  const read = result === "pointer" ? pointerOf : (value: unknown) => value;
  if (!nonblocking) return (...args: unknown[]) => read(call(...args));
  return (...args: unknown[]) =>
    new Promise((resolve, reject) =>
      call.async(...args, (error: Error | null, value: unknown) => {
        if (error) reject(error);
        else resolve(read(value));
      })
    );
}

/** Opens a library: `symbols` are its functions. */
export function openLibrary(path: string, definitions: Readonly<Record<string, Definition>>) {
  const library = koffi()!.load(path);
  const symbols = Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => {
      const { result, parameters } = definition;
      const call = library.func(name, typeOf(result), parameters.map(typeOf));
      return [name, bind(definition, call)];
    }),
  );
  return { symbols, close() {} };
}

/** `Deno.UnsafePointer`. */
export const UnsafePointer = {
  of: (memory: ArrayBufferView): Pointer => koffi()!.address(memory),
  create: (value: bigint): Pointer => pointerOf(value),
  value: (pointer: Pointer): bigint => pointer ?? 0n,
  offset: (pointer: bigint, bytes: number): Pointer => pointer + BigInt(bytes),
};

/** `Deno.UnsafePointerView`. */
export class UnsafePointerView {
  readonly #pointer: bigint;

  constructor(pointer: bigint) {
    this.#pointer = pointer;
  }

  copyInto({ buffer, byteOffset, byteLength }: ArrayBufferView): void {
    new Uint8Array(buffer, byteOffset, byteLength).set(this.#bytes(0, byteLength));
  }

  getUint8(offset = 0): number {
    return this.#bytes(offset, 1)[0]!;
  }

  getUint16(offset = 0): number {
    return this.#view(offset, 2).getUint16(0, true);
  }

  getUint32(offset = 0): number {
    return this.#view(offset, 4).getUint32(0, true);
  }

  getBigUint64(offset = 0): bigint {
    return this.#view(offset, 8).getBigUint64(0, true);
  }

  #view(offset: number, length: number): DataView {
    const { buffer, byteOffset } = this.#bytes(offset, length);
    return new DataView(buffer, byteOffset);
  }

  #bytes(offset: number, length: number): Uint8Array {
    return koffi()!.decode(this.#pointer + BigInt(offset), "uint8_t", length);
  }
}

/** The longest time of a timer. */
const LONG = 2 ** 31 - 1;

/** `Deno.UnsafeCallback`: a function that threads of the system call, on this thread. */
export class UnsafeCallback {
  readonly pointer: bigint;
  /** Keeps the program running. */
  #kept: ReturnType<typeof setInterval> | undefined;

  private constructor({ parameters, result }: Definition, called: (...args: never[]) => void) {
    const { proto, pointer, register } = koffi()!;
    const prototype = proto(`${typeOf(result)} (${parameters.map(typeOf).join(", ")})`);
    this.pointer = register((...args: unknown[]) => {
      // (A pointer of 0 is `null` on this side.)
      called(
        ...args.map((value, at) =>
          parameters[at] === "pointer" ? pointerOf(value) : value
        ) as never[],
      );
    }, pointer(prototype));
    this.ref();
  }

  static threadSafe(definition: Definition, called: (...args: never[]) => void): UnsafeCallback {
    return new UnsafeCallback(definition, called);
  }

  ref(): void {
    this.#kept ??= setInterval(() => {}, LONG);
  }

  unref(): void {
    clearInterval(this.#kept);
    this.#kept = undefined;
  }

  close(): void {
    this.unref();
    koffi()!.unregister(this.pointer);
  }
}
