/**
 * How much one peer, or all of them, may ask of this process. Pure.
 *
 * @module
 */

import { DEFAULT_FRAME_LIMITS, type FrameLimits } from "../wire/codec.ts";
import { ErrorCode, LimitExceededError, type WireError } from "../wire/errors.ts";

/**
 * How much a process takes from its peers. A peer that goes over a limit is told which one it was;
 * nobody else notices.
 */
export interface Limits extends FrameLimits {
  /** Milliseconds in which a frame that a peer began must be whole. Idle peers have no deadline. */
  frameTime: number;
  /** Levels of arrays and objects in one body over 64 KiB. */
  depth: number;
  /** Handlers that run for one peer at a time; a cancelled one counts until it has ended. */
  calls: number;
  /** Streams that one peer has open at a time. */
  streams: number;
  /**
   * Bytes that may wait for one peer to read them; 64 MiB at least let the largest message pass. An
   * answer or a call that would add more is refused. While more than 4 MiB of answers wait, nothing
   * is read from the peer.
   */
  queued: number;
  /** Threads of `exposeWorker`, for all peers; calls beyond them wait for one to become free. */
  threads: number;
  /** Peers that are connected at a time. */
  connections: number;
}

/** The limits of a process that sets none. */
export const DEFAULT_LIMITS: Readonly<Limits> = {
  ...DEFAULT_FRAME_LIMITS,
  frameTime: 30_000,
  depth: 1_000,
  calls: 4_096,
  streams: 256,
  queued: 128 << 20,
  threads: 32,
  connections: 2_048,
};

/** Messages of so many characters pass although the queue is full: refusals are among them. */
export const SMALL_MESSAGE: number = 4 << 10;

/**
 * Small messages may add this many bytes to a full queue. Once these are used up as well, the session
 * ends: there is no way left to tell the peer anything.
 */
export const SMALL_RESERVE: number = 4 << 20;

/** While answers of more bytes than this wait for a peer, nothing more is read from it. */
export const READ_PAUSE: number = 4 << 20;

/**
 * The limits of a process: the given ones, and the defaults of all others.
 *
 * @throws {RangeError} on one that is not a whole number above 0.
 */
export function checkLimits(given: Partial<Limits> = {}): Limits {
  const limits = { ...DEFAULT_LIMITS, ...given };
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`Cannot limit "${name}" to ${value}: give a whole number from 1 on`);
    }
  }
  return limits;
}

/** A refusal as it travels. */
export function refusal(limit: keyof Limits, message: string): WireError {
  return { code: ErrorCode.LimitExceeded, message, data: { limit } };
}

/** The error where the queue to a peer is full; all in bytes. */
export function queueFull(size: number, queued: number, max: number): LimitExceededError {
  const message = `Cannot send a message of ${size} bytes: ${queued} wait for the peer to read ` +
    `them, and ${max} may: read answers while calling, or ask for less at a time`;
  return new LimitExceededError(message, { limit: "queued" });
}
