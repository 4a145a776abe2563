/**
 * Calls by their ids: those that wait for an answer, and those that are being answered. A `Map` would
 * do, but it moves to new memory again and again while calls pass through it, and each table that it
 * leaves points to the next. An old one keeps all calls since then alive until V8's next full garbage
 * collection: a call cost half as much again. Pure.
 *
 * @module
 */

import type { RequestId } from "../wire/message.ts";

/** Places for the latest calls, at first and at most; powers of two. */
const PLACES_MIN = 8;
const PLACES_MAX = 256;

/** What is kept: anything that knows its id. */
interface Identified {
  readonly id: RequestId | null;
}

/**
 * A table of calls, quick for ids that count up. Older ones, which are few, make way for later ones;
 * so do those of a peer whose ids are texts.
 */
export class CallTable<Call extends Identified> {
  /** By the last digits of their ids. Made when needed: who never calls has none. */
  #latest: (Call | undefined)[] | null = null;
  #older: Map<RequestId, Call> | null = null;
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds a call under its id, which is a new one. */
  add(call: Call): void {
    this.#size++;
    const id = call.id!;
    if (typeof id !== "number") return this.#addOlder(id, call);
    let latest = this.#latest ??= placesFor<Call>(PLACES_MIN);
    while (latest[id & (latest.length - 1)] !== undefined && latest.length < PLACES_MAX) {
      latest = this.#latest = grown(latest);
    }
    const place = id & (latest.length - 1);
    const before = latest[place];
    if (before !== undefined) this.#addOlder(before.id!, before);
    latest[place] = call;
  }

  #addOlder(id: RequestId, call: Call): void {
    (this.#older ??= new Map()).set(id, call);
  }

  /** The call of that id. */
  get(id: RequestId): Call | undefined {
    const call = this.#latest?.[this.#place(id)];
    return call?.id === id ? call : this.#older?.get(id);
  }

  /** Takes a call out; `undefined` where there is none of that id. */
  take(id: RequestId): Call | undefined {
    const place = this.#place(id);
    const call = this.#latest?.[place];
    if (call?.id === id) {
      this.#latest![place] = undefined;
      this.#size--;
      return call;
    }
    const older = this.#older?.get(id);
    if (older !== undefined) {
      this.#older!.delete(id);
      this.#size--;
    }
    return older;
  }

  /** Where a call of that id stands among the latest, if it is one of them. */
  #place(id: RequestId): number {
    return typeof id === "number" && this.#latest !== null ? id & (this.#latest.length - 1) : -1;
  }

  /** All of them, in no order, as they are now. */
  all(): Call[] {
    const latest = this.#latest?.filter((call) => call !== undefined) ?? [];
    return [...this.#older?.values() ?? [], ...latest];
  }

  /** Forgets all of them. */
  clear(): void {
    this.#latest = null;
    this.#older = null;
    this.#size = 0;
  }
}

function placesFor<Call>(count: number): (Call | undefined)[] {
  return new Array<Call | undefined>(count).fill(undefined);
}

/** The same calls in twice as many places: no two that stood apart meet there. */
function grown<Call extends Identified>(latest: (Call | undefined)[]): (Call | undefined)[] {
  const more = placesFor<Call>(latest.length * 2);
  for (const call of latest) {
    if (call !== undefined) more[(call.id as number) & (more.length - 1)] = call;
  }
  return more;
}
