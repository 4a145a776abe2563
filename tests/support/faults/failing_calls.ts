/**
 * A system whose n-th call of a kind fails, and books on what was opened and not closed. The calls
 * are the real ones: each is counted by what it is and what it is about, and one of them gives an
 * error instead. failing_system.ts lists them.
 *
 * @module
 */

import { type ErrorKind, systemError } from "./system_errors.ts";

/** A call that is to fail. */
export interface Fault {
  /** What it is and what it is about, `rename registry.json`. */
  call: string;
  /** The how manieth of those. */
  nth: number;
  kind: ErrorKind;
}

/** How a function is guarded. */
export interface Guarded {
  /** The errors that a real system gives here. */
  kinds: readonly ErrorKind[];
  /** What the call is about, by its arguments. */
  about?(...args: unknown[]): string;
  /** What Deno says of the call behind the system's words. */
  told?(...args: unknown[]): string;
  /** What os/windows/ says before them: what was tried, and on what. */
  tried?(...args: unknown[]): string;
  /** Whether the error comes by a promise. */
  later?: boolean;
  /** What is done although the call fails: a file is there before nothing fits into it. */
  partly?(error: Error, ...args: unknown[]): void;
  /** Told of what it gave; a promise's value where it gives one. */
  gave?(result: unknown, call: string): void;
}

// deno-lint-ignore no-explicit-any -- functions of the system, of any kind
type AnyFunction = (...args: any[]) => any;

/** Counts calls, lets one of them fail, and keeps the books. */
export class FailingCalls {
  /** How often each call was made, and the errors that it may give. */
  readonly seen = new Map<string, { count: number; kinds: readonly ErrorKind[] }>();
  /** The processes that were started. */
  readonly started = new Set<number>();
  /** What is open, by what it was opened for. */
  readonly #open = new Map<object, { what: string; close: () => void }>();
  readonly #undo: (() => void)[] = [];
  #counting = false;
  #fault: Fault | null = null;
  #fired = false;

  /** Whether the fault that was planned has happened. */
  get fired(): boolean {
    return this.#fired;
  }

  /** What is open. */
  get open(): string[] {
    return [...this.#open.values()].map(({ what }) => what).sort();
  }

  /** Closes what was left open, so that it is nobody's fault but the one's that left it. */
  closeAll(): void {
    for (const { close } of [...this.#open.values()]) close();
    this.#open.clear();
  }

  /** Counts from now on; the call that `fault` names fails. */
  begin(fault: Fault | null): void {
    this.seen.clear();
    this.#fault = fault;
    this.#fired = false;
    this.#counting = true;
  }

  /** Lets every call through. */
  end(): void {
    this.#counting = false;
  }

  /** Puts a guard before the function `name` of `target`, until {@link restore}. */
  guard(target: object, name: PropertyKey, how: Guarded): void {
    this.replace(target, name, (real, self) => (...args) => {
      const call = `${String(name)} ${how.about?.(...args) ?? ""}`.trimEnd();
      const error = this.#failure(call, how, args);
      if (error !== null) {
        how.partly?.(error, ...args);
        if (how.later) return Promise.reject(error);
        throw error;
      }
      const result = real.apply(self, args);
      const { gave } = how;
      if (gave === undefined) return result;
      if (!(result instanceof Promise)) {
        gave(result, call);
        return result;
      }
      return result.then((value) => {
        gave(value, call);
        return value;
      });
    });
  }

  /** Notes that `thing` is open, until one of its functions `closers` is called. */
  hold(thing: object, what: string, ...closers: PropertyKey[]): void {
    const close = () => Reflect.get(thing, closers[0] ?? "")?.call(thing);
    this.#open.set(thing, { what, close });
    for (const closer of closers) {
      this.replace(thing, closer, (real, self) => (...args) => {
        this.#open.delete(thing);
        return real.apply(self, args);
      });
    }
  }

  /** Notes that it is not open any more. */
  drop(thing: object): void {
    this.#open.delete(thing);
  }

  /** Puts another function in the place of one, until {@link restore}. */
  replace(
    target: object,
    name: PropertyKey,
    make: (real: AnyFunction, self: object) => AnyFunction,
  ): void {
    const own = Object.getOwnPropertyDescriptor(target, name);
    const real = Reflect.get(target, name) as AnyFunction;
    Object.defineProperty(target, name, {
      value: make(real, target),
      configurable: true,
      writable: true,
    });
    this.#undo.push(() => {
      if (own === undefined) Reflect.deleteProperty(target, name);
      else Object.defineProperty(target, name, own);
    });
  }

  /** Gives all functions back. */
  restore(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }

  [Symbol.dispose](): void {
    this.restore();
  }

  #failure(call: string, { kinds, told, tried }: Guarded, args: unknown[]): Error | null {
    if (!this.#counting) return null;
    const entry = this.seen.get(call) ?? { count: 0, kinds };
    this.seen.set(call, entry);
    entry.count++;
    const fault = this.#fault;
    if (fault === null || fault.call !== call || fault.nth !== entry.count) return null;
    this.#fired = true;
    return systemError(fault.kind, { tried: tried?.(...args), told: told?.(...args) });
  }
}
