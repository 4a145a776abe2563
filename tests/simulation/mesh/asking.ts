/**
 * The calls that a process of a simulated mesh makes, each noted, and held against what it came to.
 *
 * @module
 */

import type { CallContext, CallOptions, NeverLiieIPC } from "../../../lib/ipc/mod.ts";
import type { Process } from "../world/process.ts";
import type { Library, Mesh } from "./mesh.ts";
import type { CallRecord } from "./records.ts";

/** What a caller may choose. */
export interface Ask {
  target: string;
  ms?: number;
  to?: number;
  heed?: boolean;
  /** Milliseconds for the answer, and for a start. */
  timeout?: number;
  startTimeout?: number;
  signal?: AbortSignal;
  /** The call that it is made for. */
  within?: CallContext;
  activate?: boolean;
}

/** Milliseconds for what comes on top of a call's own times. */
const SLACK = 1_500;
/** Milliseconds in which a handler hears that nobody waits for it. */
const TELLING = 2_000;
/** Errors that callers are told of, by their names. */
const KNOWN =
  /^(RemoteError|MethodNotFoundError|LimitExceededError|TargetUnknownError|TargetNotRunningError|TargetStartError|StartLimitError|ConnectionLostError|TimedOut|Cancelled)$/;
/** Errors of a machine on which something is wrong, by their words. */
const OF_THE_SYSTEM =
  /^Cannot (read|write|use|lock) "|No space left|has left the mesh|another process has held/;

/** What a caller gives as the reason of its cancelling. */
export class Cancelled extends Error {
  override readonly name = "Cancelled";
}

/** The ways in which `process` asks. */
export function asksOf(mesh: Mesh, process: Process, library: Library, ipc: NeverLiieIPC) {
  const { machine, records } = mesh;
  const options = (
    { timeout = 5_000, startTimeout = 30_000, signal, within, activate }: Ask,
  ): CallOptions => ({
    ...{ timeout, startTimeout },
    ...(signal === undefined ? {} : { signal }),
    ...(within === undefined ? {} : { within }),
    ...(activate === undefined ? {} : { activate }),
  });
  const begin = (method: string, ask: Ask, bound: number): CallRecord => {
    const { target, timeout = 5_000 } = ask;
    const record: CallRecord = {
      ...{ id: records.calls.length, by: process, target, method, began: machine.scheduler.now },
      timeout: method === "count" ? Infinity : timeout,
      ...{ settled: null, outcome: "" },
    };
    records.calls.push(record);
    machine.story.tell(process, `asks ${target} for ${method}, call ${record.id}`);
    settleWithin(record, bound);
    return record;
  };
  const settleWithin = (record: CallRecord, bound: number): void => {
    const stalled = process.stalledFor;
    machine.scheduler.after(bound, process, () => {
      if (record.settled !== null) return;
      if (process.stalledFor !== stalled) return settleWithin(record, bound);
      const { id, method, target } = record;
      machine.fail(`call ${id} of ${process.name}, ${target}'s ${method}, waits for ${bound} ms`);
    });
  };
  const settle = (record: CallRecord, outcome: string): void => {
    if (!process.alive) return;
    record.settled = machine.scheduler.now;
    record.outcome = outcome;
    records.met("settled");
    mustBeTold(record);
    machine.story.tell(process, `call ${record.id} ended: ${outcome}`);
  };
  /** Whoever works for a call that nobody waits for is told so. */
  const mustBeTold = (record: CallRecord): void => {
    machine.scheduler.after(TELLING, null, () => {
      const run = records.runs.get(record.id);
      if (run === undefined || run.ended || run.signal.aborted || !run.by.alive) return;
      const stopped = [process, run.by].some((one) => one.stalledUntil > now() - TELLING);
      if (stopped) return mustBeTold(record);
      machine.fail(
        `call ${record.id} of ${process.name} ended (${record.outcome}), and its handler in ` +
          `${run.by.name} is not told`,
      );
    });
  };
  const now = () => machine.scheduler.now;
  const fail = (
    record: CallRecord,
    error: unknown,
    { signal, within }: Partial<Ask> = {},
  ): void => {
    const { name, message } = error instanceof Error ? error : { name: "", message: `${error}` };
    settle(record, `${name}: ${message}`);
    if (name === "TimedOut") records.met("timedOut");
    if (name === "ConnectionLostError") records.met("lost");
    const known = (KNOWN.test(name) && message !== "") || OF_THE_SYSTEM.test(message) ||
      [signal, within?.signal].some((one) => one?.aborted && error === one.reason);
    if (process.alive && !known) {
      machine.fail(`call ${record.id} of ${process.name} ended by ${name}: ${message}`);
    }
  };
  const boundOf = ({ timeout = 5_000, startTimeout = 30_000 }: Ask): number =>
    2 * (timeout + startTimeout) + SLACK;

  const call = async (method: string, ask: Ask): Promise<boolean> => {
    const record = begin(method, ask, boundOf(ask));
    const text = `${method} ${record.id}`;
    const { ms = 0, heed = true } = ask;
    const params = { call: record.id, text, ms, heed, target: mesh.apps[0]!.name };
    try {
      const answer = await ipc.call(ask.target, method, params, options(ask));
      settle(record, `answered`);
      const right = method === "back" ? `confirmed ${text}` : text;
      if (process.alive && answer !== right) {
        machine.fail(`call ${record.id} of ${process.name} got ${JSON.stringify(answer)}`);
      }
      return true;
    } catch (error) {
      fail(record, error, ask);
      if (method === "fail" && (error as { code?: number }).code === 42) return true;
      return false;
    }
  };

  /** Reads a stream: to its end, or so many items of it. */
  const read = async (ask: Ask, most: number, pause: number): Promise<void> => {
    const { ms = 0, to = 0, heed = true } = ask;
    const record = begin("count", ask, boundOf(ask) + to * (ms + pause + 60) + 10_000);
    let expected = 1;
    try {
      const params = { call: record.id, to, ms, heed };
      const stream = ipc.stream<number>(ask.target, "count", params, {
        ...options(ask),
        itemTimeout: 5_000,
      });
      for await (const item of stream) {
        if (item !== expected) {
          machine.fail(`call ${record.id} of ${process.name} got item ${item}, not ${expected}`);
        }
        expected++;
        if (item >= most) break;
        if (pause > 0 && item % 16 === 0) await machine.pause(process, pause);
      }
      const whole = expected > to;
      settle(record, whole ? "read to its end" : `left after ${expected - 1} items`);
      if (process.alive && expected - 1 < Math.min(to, most)) {
        machine.fail(`the stream of call ${record.id} ended after ${expected - 1} items of ${to}`);
      }
      if (whole && to > 300) records.met("streamed");
    } catch (error) {
      fail(record, error, ask);
    }
  };

  const wake = async (ask: Ask): Promise<boolean> => {
    const record = begin("$/ping", ask, boundOf(ask));
    try {
      await ipc.wake(ask.target, options(ask));
      settle(record, "awake");
      return true;
    } catch (error) {
      fail(record, error, ask);
      return false;
    }
  };

  const list = async (): Promise<void> => {
    const record = begin("list", { target: "the mesh" }, 30_000);
    try {
      const apps = await library.listApps(ipc);
      settle(record, apps.map(({ name, pid }) => `${name} ${pid ?? "sleeps"}`).join(", "));
    } catch (error) {
      fail(record, error);
    }
  };

  const echo = async (target: string, within: CallContext): Promise<void> => {
    await call("echo", { target, within, startTimeout: 5_000, timeout: 2_000 });
  };

  return { call, read, wake, list, echo };
}
