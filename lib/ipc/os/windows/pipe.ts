/**
 * One connected byte-mode pipe, either end, and the way to one: {@link dialPipe}.
 *
 * @module
 */

import type { DialOptions, Rights, Transport } from "../transport.ts";
import {
  FILE_FLAG_OVERLAPPED,
  GENERIC_READ,
  GENERIC_WRITE,
  kernel32,
  memory,
  OPEN_EXISTING,
  validHandle,
  wide,
} from "./kernel32.ts";
import { startRead, startWrite } from "./ntdll.ts";
import { OverlappedHandle } from "./overlapped_handle.ts";
import { serverOf } from "./peer_process.ts";
import { currentUserSid, ownerSid } from "./security.ts";
import {
  describeError,
  ERROR_ACCESS_DENIED,
  ERROR_FILE_NOT_FOUND,
  ERROR_OPERATION_ABORTED,
  ERROR_PIPE_BUSY,
  isPeerGone,
  lastError,
  systemError,
} from "./win32_error.ts";

const SECURITY_SQOS_PRESENT = 0x0010_0000;
/** The server may learn who we are, and not act as us. */
const SECURITY_IDENTIFICATION = 0x0001_0000;

/** An idle connection costs this much; one that fills its buffer gets up to {@link LARGEST_READ}. */
const SMALLEST_READ = 4 * 1024;
const LARGEST_READ = 256 * 1024;
/** Small reads in a row after which a large buffer is given back. */
const SHRINK_AFTER = 64;
/** The kernel charges a pending write's whole size to the process: larger ones go in pieces. */
const LARGEST_WRITE = 256 * 1024;
/** V8 keeps small typed arrays on its own, moving heap: what is short is sent from a copy. */
const COPIED_WRITE = 1024;

const BUSY_WAIT_FIRST = 1;
const BUSY_WAIT_LONGEST = 20;

/** A pipe as a {@link Transport}. */
export class PipeTransport implements Transport {
  readonly #address: string;
  readonly #pipe: OverlappedHandle;
  #buffer = memory(SMALLEST_READ);
  #small = 0;
  #ended = false;
  #scratch: Uint8Array<ArrayBuffer> | null = null;

  /** @param peerRights tells them of the process at the other end */
  constructor(
    address: string,
    pipe: OverlappedHandle,
    readonly peerRights: () => Rights | null = () => null,
  ) {
    this.#address = address;
    this.#pipe = pipe;
  }

  async read(into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array | null> {
    while (!this.#ended && !this.#pipe.closed) {
      const buffer = into ?? this.#buffer;
      const started = this.#pipe.issue(
        buffer,
        (event, status) => startRead(this.#pipe.handle, buffer, event, status),
      );
      const { error, bytes } = started instanceof Promise ? await started : started;
      if (this.#pipe.closed) break;
      if (isPeerGone(error)) this.#ended = true;
      else if (error !== 0) throw systemError(`Cannot read from "${this.#address}"`, error);
      // A write of no bytes at the other end completes a read with no bytes: not the end.
      else if (bytes > 0) {
        if (into === undefined) this.#resize(bytes);
        return buffer.subarray(0, bytes);
      }
    }
    return null;
  }

  /** Picks the next read's buffer by what this one brought. */
  #resize(bytes: number): void {
    const size = this.#buffer.length;
    if (bytes === size && size < LARGEST_READ) this.#buffer = memory(size * 4);
    if (bytes > SMALLEST_READ || size === SMALLEST_READ) this.#small = 0;
    else if (++this.#small >= SHRINK_AFTER) this.#buffer = memory(SMALLEST_READ);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#pipe.closed) throw this.#gone("closed");
    const source = bytes.length <= COPIED_WRITE ? this.#copy(bytes) : bytes;
    for (let sent = 0; sent < bytes.length;) {
      const piece = source.subarray(sent, Math.min(bytes.length, sent + LARGEST_WRITE));
      const started = this.#pipe.issue(
        piece,
        (event, status) =>
          startWrite(this.#pipe.handle, piece as Uint8Array<ArrayBuffer>, event, status),
        true,
      );
      const outcome = started instanceof Promise ? await started : started;
      if (outcome.error === ERROR_OPERATION_ABORTED) throw this.#gone("closed");
      if (isPeerGone(outcome.error)) throw this.#gone(describeError(outcome.error));
      if (outcome.error !== 0) {
        throw systemError(`Cannot write to "${this.#address}"`, outcome.error);
      }
      if (this.#pipe.closed && sent + outcome.bytes < bytes.length) throw this.#gone("closed");
      sent += outcome.bytes;
    }
  }

  #copy(bytes: Uint8Array): Uint8Array {
    const scratch = this.#scratch ??= memory(COPIED_WRITE);
    scratch.set(bytes);
    return scratch.subarray(0, bytes.length);
  }

  #gone(reason: string): Error {
    return new Deno.errors.BrokenPipe(`Cannot write to "${this.#address}": ${reason}`);
  }

  close(): Promise<void> {
    // Without DisconnectNamedPipe, which would throw away what the peer has not read yet.
    // https://learn.microsoft.com/windows/win32/api/namedpipeapi/nf-namedpipeapi-disconnectnamedpipe
    return this.#pipe.close();
  }
}

/**
 * Connects to the pipe at `address`; null when there is none.
 *
 * All instances busy is a passing state: the attempt is repeated until the deadline. WaitNamedPipe
 * would block the thread, and another dialer may take the instance that it reports.
 * https://learn.microsoft.com/windows/win32/api/namedpipeapi/nf-namedpipeapi-waitnamedpipew
 *
 * @throws {Deno.errors.TimedOut} when it stayed busy until the deadline
 * @throws {Deno.errors.PermissionDenied} when another user made the pipe
 */
export async function dialPipe(address: string, options: DialOptions): Promise<Transport | null> {
  const { deadline, signal } = options;
  const name = wide(address);
  for (let pause = BUSY_WAIT_FIRST;; pause = Math.min(pause * 2, BUSY_WAIT_LONGEST)) {
    signal?.throwIfAborted();
    const handle = validHandle(openPipe(name));
    const error = handle !== null ? 0 : lastError();
    if (handle !== null) {
      // Before a byte is sent. Who opened a pipe for reading may read its owner, too.
      const owner = ownerSid(handle);
      if (owner !== currentUserSid()) {
        kernel32().CloseHandle(handle);
        throw new Deno.errors.PermissionDenied(
          `Cannot connect to "${address}": the pipe belongs to another user, ` +
            `"${owner ?? "unknown"}"`,
        );
      }
      const pipe = OverlappedHandle.own(handle);
      return new PipeTransport(address, pipe, () => serverOf(pipe.handle).rights);
    }
    if (error === ERROR_FILE_NOT_FOUND) return null;
    if (error === ERROR_ACCESS_DENIED) {
      throw new Deno.errors.PermissionDenied(
        `Cannot connect to "${address}": another user made this pipe, or one whose access list ` +
          `keeps us out`,
      );
    }
    if (error !== ERROR_PIPE_BUSY) throw systemError(`Cannot connect to "${address}"`, error);
    const left = deadline - performance.now();
    if (left <= 0) {
      throw new Deno.errors.TimedOut(`Cannot connect to "${address}": ${describeError(error)}`);
    }
    await delay(Math.min(pause, left), signal);
  }
}

/** Opens the client's end of the pipe called `name`: what CreateFileW returns. */
export function openPipe(name: Uint8Array<ArrayBuffer>): Deno.PointerValue {
  return kernel32().CreateFileW(
    name,
    GENERIC_READ + GENERIC_WRITE,
    0,
    null,
    OPEN_EXISTING,
    FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION,
    null,
  );
}

/**
 * Resolves after `milliseconds`, or earlier when `signal` aborts. (A system's folder knows
 * transport.ts and itself alone, not `base/timer.ts`.)
 */
export function delay(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done);
  });
}
