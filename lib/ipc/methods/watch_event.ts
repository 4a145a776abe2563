/**
 * What those who watch a process are told of its calls.
 *
 * @module
 */

import type { PeerIdentity } from "../session/peer.ts";

/** What a watcher is told; instants are in milliseconds since the epoch. */
export type WatchEvent =
  /** The first one, at once; those that run already follow. All calls that begin now are told. */
  | { event: "watching"; at: number; pid: number }
  | CallBegan
  | CallProgress
  | CallEnded
  /** The watcher was too slow, and this many events are missing here. */
  | { event: "dropped"; at: number; count: number };

/** A call, a stream or a notification has come. */
export interface CallBegan {
  /** What is told. */
  event: "began";
  /**
   * When, in milliseconds since the epoch. Of one that ran before anybody watched: nearly when it
   * began, for streams and where its handler uses its signal; else when somebody began to watch.
   */
  at: number;
  /** Tells it from others of this process; from 1. */
  call: number;
  /** The method's name; a long one is cut off. */
  method: string;
  /** The names of the params that were given, or how many positions. */
  names: string[] | number;
  /** Who asked, as it says itself; `null` where it says nothing. */
  from: PeerIdentity | null;
  /** It ran already when this watcher came. */
  running?: true;
  /** Of a stream that ran already: how many items it had made. */
  items?: number;
  /** The latest of them, for a watcher that asked for progress, as {@link CallProgress} has it. */
  value?: unknown;
  /** The params themselves, for a watcher that asked for them; bytes in them as base64 text. */
  params?: unknown;
  /** In place of params that are too large to be told: their size in bytes, about. */
  size?: number;
}

/** A stream has made items; told at most five times a second, to those who asked for it. */
export interface CallProgress {
  /** What is told. */
  event: "progress";
  /** When, in milliseconds since the epoch. */
  at: number;
  /** The number that it began with. */
  call: number;
  /** The method's name. */
  method: string;
  /** How many items it has made. */
  items: number;
  /** The latest item, where it is small: at most 2,048 characters of JSON. */
  value?: unknown;
}

/** It was answered, has failed, or was given up by its caller. */
export interface CallEnded {
  /** What is told. */
  event: "ended";
  /** When, in milliseconds since the epoch. */
  at: number;
  /** The number that it began with. */
  call: number;
  /** The method's name. */
  method: string;
  /** Given up by its caller, or ended by `$/cancelCall`, is "cancelled", whatever the handler does then. */
  outcome: "answered" | "failed" | "cancelled";
  /** How long it took; a stream until its last item was made. */
  milliseconds: number;
  /** Of a stream: how many items it made. */
  items?: number;
  /** Of one that failed: why, as its caller is told; a long message is cut off. */
  error?: { code: number; message: string };
}

/** What an event without texts takes in memory, about. */
const EVENT_SIZE = 200;

const sizes = new WeakMap<WatchEvent, number>();

/** Notes what the params or the value in an event take. */
export function withSize<Event extends WatchEvent>(event: Event, size: number): Event {
  sizes.set(event, size);
  return event;
}

/** What an event takes in memory, in bytes, about. */
export function sizeOf(event: WatchEvent): number {
  return EVENT_SIZE + (sizes.get(event) ?? 0);
}
