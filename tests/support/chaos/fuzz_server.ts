/**
 * A live server under fuzzing: connections that send what fuzz_frames.ts draws, and what must come
 * back on each. A pipe or socket of its own for each session, several at a time.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { bytesOf, cut, type FuzzSession } from "./fuzz_frames.ts";
import { RawClient, type RawMessage } from "../mesh/raw_client.ts";

/** What a connection must be told before it is dropped. */
const DROPPED = [-32700, -32005];

/** Runs one session to its end; rejects where the server did what it must not. */
export async function attack(address: string, session: FuzzSession): Promise<void> {
  await using client = await RawClient.dial(address);
  const expected = new Map<string | null, number>();
  for (const { answers } of session.frames) {
    for (const id of answers) expected.set(id, (expected.get(id) ?? 0) + 1);
  }
  const sending = (async () => {
    try {
      for (const piece of cut(bytesOf(session), session.cuts)) await client.sendBytes(piece);
      if (session.end.kind === "order") {
        await client.send({ jsonrpc: "2.0", id: "last", method: "add", params: [1, 2] });
      }
    } catch (error) {
      // Dropped in the middle of what it sent.
      if (!(error instanceof Deno.errors.BrokenPipe) || session.end.kind === "order") throw error;
    }
  })();
  if (session.end.kind === "half" || session.end.kind === "wild") {
    // Leaves in the middle of a frame, or in the middle of anything.
    await sending;
    return;
  }
  const isLast = ({ id, error }: RawMessage) =>
    id === "last" ||
    (id === null && (expected.get(null) ?? 0) === 0 && DROPPED.includes(error!.code));
  for (;;) {
    const message = await client.receive();
    assert(message !== null, `the end before the last answer: ${[...expected]}`);
    if (isLast(message)) {
      // Handlers answer in any order; requests that were already read are answered before the end.
      if (session.end.kind === "fatal" || left(expected) === 0) break;
      continue;
    }
    const id = message.id as string | null;
    const count = expected.get(id) ?? 0;
    assert(count > 0, `an answer that nobody asked for: ${JSON.stringify(message).slice(0, 200)}`);
    expected.set(id, count - 1);
  }
  await sending;
  assertEquals([...expected].filter(([, count]) => count > 0), []);
  if (session.end.kind === "fatal") assertEquals(await client.receive(), null, "the end");
}

function left(expected: ReadonlyMap<string | null, number>): number {
  let sum = 0;
  for (const count of expected.values()) sum += count;
  return sum;
}

/** Runs sessions, `width` at a time; returns how many frames were sent. */
export async function attackAll(
  address: string,
  sessions: readonly FuzzSession[],
  width: number,
): Promise<number> {
  let next = 0;
  let frames = 0;
  const lanes = Array.from({ length: width }, async () => {
    while (next < sessions.length) {
      const session = sessions[next++]!;
      await attack(address, session);
      frames += session.frames.length + 1;
    }
  });
  await Promise.all(lanes);
  return frames;
}
