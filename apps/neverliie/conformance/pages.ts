/**
 * Streams as a peer without a library reads them, a page at a time.
 *
 * @module
 */

import { expect, skip } from "./outcome.ts";
import { asObject, type Body, type Message } from "./frame.ts";
import type { Peer } from "./peer.ts";
import type { Trial } from "./trial.ts";

/** The first page of a stream, or a further one. */
export interface Page {
  /** `null` where the stream is complete. */
  token: unknown;
  values: unknown[];
}

/** Calls `kit.count`, and gives its first page. */
export async function open(
  peer: Peer,
  params: Body,
  beside: Body = {},
): Promise<Page> {
  const result = asObject(await peer.result("kit.count", params, beside));
  const { token = null, values } = result ?? {};
  expect(Array.isArray(values), "a first page with its values", result);
  return { token, values };
}

/** Asks for the next page. */
export async function next(peer: Peer, token: unknown): Promise<Page> {
  const result = await peer.result("$/enumerator/next", { token });
  const { values, finished } = asObject(result) ?? {};
  expect(Array.isArray(values) && typeof finished === "boolean", "values and finished", result);
  expect(finished || values.length > 0, "an item at least, or the end", result);
  return { token: finished ? null : token, values };
}

/** All items from a page on. */
export async function rest(peer: Peer, first: Page): Promise<unknown[]> {
  const all = [...first.values];
  for (let page = first; page.token !== null;) {
    page = await next(peer, page.token);
    for (const value of page.values) all.push(value);
  }
  return all;
}

/** Waits until no handler of that key runs any more. */
export async function handlerEnds(t: Trial, peer: Peer, key: string): Promise<void> {
  await t.until(
    `the end of the handler whose key is "${key}"`,
    () => peer.result("kit.running"),
    (running) => asObject(running)?.[key] === undefined,
  );
}

/** Waits until a handler of that key runs. */
export async function handlerRuns(t: Trial, peer: Peer, key: string): Promise<void> {
  await t.until(
    `a running handler whose key is "${key}"`,
    () => peer.result("kit.running"),
    (running) => asObject(running)?.[key] !== undefined,
  );
}

/** @throws {Skipped} where the host knows no streams, as none of its methods is one */
export function skipWithoutStreams({ body }: Message): void {
  if (asObject(body["error"])?.["code"] === -32601) skip("it has no streams, as it may");
}

/** A stream of events, such as a subscription. */
export class Events {
  readonly #peer: Peer;
  readonly #waiting: Body[] = [];
  /** What the stream is asked for by. */
  readonly token: unknown;

  /** @param result the first page */
  constructor(peer: Peer, result: unknown) {
    const page = asObject(result);
    this.#peer = peer;
    this.token = page?.["token"];
    this.#take(page?.["values"]);
  }

  /** The next one. */
  async next(): Promise<Body> {
    while (this.#waiting.length === 0) {
      const page = await this.#peer.result("$/enumerator/next", { token: this.token });
      this.#take(asObject(page)?.["values"]);
    }
    return this.#waiting.shift()!;
  }

  #take(values: unknown): void {
    expect(Array.isArray(values), "a page with its values", values);
    for (const value of values) {
      const event = asObject(value);
      expect(typeof event?.["event"] === "string", "an event", value);
      this.#waiting.push(event);
    }
  }
}
