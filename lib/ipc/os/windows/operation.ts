/**
 * One overlapped operation, from its start to its end. Types only.
 *
 * @module
 */

import type { Handle } from "./kernel32.ts";

/**
 * Starts one operation and returns the NTSTATUS of that. At the end of one that was started, Windows
 * writes its status and its number of bytes to `status`, an IO_STATUS_BLOCK, and then sets `event`.
 */
export type Start = (event: Handle, status: Deno.PointerValue) => number;

/** How an operation ended. */
export interface Outcome {
  /** A Win32 error code, 0 for success. */
  readonly error: number;
  /** Bytes transferred. */
  readonly bytes: number;
}

/** One pending operation. The buffer is held here because the kernel holds its address. */
export interface Pending {
  readonly buffer: Uint8Array | null;
  /** Whether it nearly always completes at once, as a write does. */
  readonly quick: boolean;
  readonly settle: (outcome: Outcome) => void;
}
