/**
 * Calls by their ids. A `Map` would do, but it moves to new memory again and again while calls pass
 * through it, and each table that it leaves points to the next. An old one keeps all calls since then
 * alive until V8's next full garbage collection: a call cost half as much again. Pure.
 *
 * @module
 */

/** Places for the latest calls; a power of two. */
const PLACES = 256;

/** What is kept: anything that knows its id, a whole number. */
interface Identified {
  readonly id: number;
}

/** A table of calls whose ids count up. Older ones, which are few, make way for later ones. */
export class CallTable<Call extends Identified> {
  /** By the last digits of their ids. Made when needed: who never calls has none. */
  #latest: (Call | undefined)[] | null = null;
  #older: Map<number, Call> | null = null;
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds a call under its id, which is a new one. */
  add(call: Call): void {
    const latest = this.#latest ??= new Array<Call | undefined>(PLACES).fill(undefined);
    const place = call.id & (PLACES - 1);
    const before = latest[place];
    if (before !== undefined) (this.#older ??= new Map()).set(before.id, before);
    latest[place] = call;
    this.#size++;
  }

  /** The call of that id. */
  get(id: number): Call | undefined {
    const call = this.#latest?.[id & (PLACES - 1)];
    return call?.id === id ? call : this.#older?.get(id);
  }

  /** Takes a call out; `undefined` where there is none of that id. */
  take(id: number): Call | undefined {
    const place = id & (PLACES - 1);
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
