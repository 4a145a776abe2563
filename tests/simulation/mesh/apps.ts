/**
 * The apps of a simulated mesh: what their handlers do, and what is noted of it.
 *
 * @module
 */

import type { CallContext, NeverLiieIPC } from "../../../lib/ipc/mod.ts";
import { Ended, type Process } from "../world/process.ts";
import { asksOf } from "./asking.ts";
import { tell } from "./following.ts";
import { leave } from "./leaving.ts";
import type { App, Library, Mesh } from "./mesh.ts";
import type { RunRecord } from "./records.ts";

/** The params of every method. */
interface Order {
  call: number;
  text?: string;
  ms?: number;
  to?: number;
  /** Whether the handler heeds its signal. */
  heed?: boolean;
  target?: string;
}

/** The method that may run twice. */
const AGAIN = "again";
/** Milliseconds by which a handler may be told late that its caller's time is over. */
const LATE = 100;

/** The program of an app. */
export async function serve(
  mesh: Mesh,
  process: Process,
  library: Library,
  app: App,
): Promise<void> {
  const { machine } = mesh;
  if (app.crashes) {
    await machine.pause(process, 1 + machine.random(30));
    machine.kill(process, "crashes", 9);
    throw new Ended("crash");
  }
  const ipc: NeverLiieIPC = await library.NeverLiieIPC.open(app.name, {
    ...(app.kept ? { keepAlive: true } : {}),
    methods: handlers(mesh, process, library, () => ipc),
    onProblem: (problem) => machine.story.tell(process, `reports: ${problem}`),
    onSecondInstance: ({ pid }) => {
      mesh.records.met("secondStart");
      machine.story.tell(process, `is told of a second start, process ${pid}`);
    },
  });
  tell(mesh, process, ipc);
  ipc.expose(AGAIN, handlers(mesh, process, library, () => ipc).later, { idempotent: true });
  machine.story.tell(process, `is "${app.name}"`);
  await ipc.closed;
  await leave(mesh, process);
}

function handlers(
  mesh: Mesh,
  process: Process,
  library: Library,
  ipc: () => NeverLiieIPC,
) {
  const { machine } = mesh;
  /** Whoever works for a caller whose time is over is told so, though that is frozen. */
  const mustEndInTime = (run: RunRecord, deadline: number): void => {
    const left = process.started + deadline - machine.scheduler.now;
    if (left === Infinity) return;
    const stalled = process.stalledFor;
    machine.scheduler.after(left + LATE, process, () => {
      if (run.ended) return;
      if (process.stalledFor !== stalled) return mustEndInTime(run, deadline);
      // (A stream's time is that of its first item.)
      if (run.made > 0) return;
      mesh.records.met("timeOver");
      if (!run.signal.aborted) {
        machine.fail(`the time of call ${run.call} is over, and its handler is not told`);
      }
    });
  };
  const began = ({ call }: Order, context: CallContext): RunRecord => {
    const { method, signal, deadline, attempt } = context;
    const run: RunRecord = {
      ...{ call, by: process, signal, attempt, made: 0 },
      ...{ ended: false, abortedAtEnd: false, unwanted: null },
    };
    const before = mesh.records.runs.get(call);
    if (before !== undefined) {
      const again = method === AGAIN && attempt > before.attempt;
      if (again) mesh.records.met("askedAgain");
      else {machine.fail(
          `call ${call} runs in ${process.name}, and ran in ${before.by.name} before`,
        );}
    }
    mesh.records.runs.set(call, run);
    mustEndInTime(run, deadline);
    machine.story.trace(process, `begins call ${call}`);
    return run;
  };
  const ended = (run: RunRecord): void => {
    run.ended = true;
    run.abortedAtEnd = run.signal.aborted;
    machine.story.trace(process, `has done call ${run.call}`);
  };
  /** Waits, no longer than until the signal where it is heeded. */
  const wait = (ms: number, { signal }: RunRecord, heed: boolean): Promise<void> =>
    Promise.race([
      machine.pause(process, ms),
      new Promise<void>((go) => {
        if (heed) signal.addEventListener("abort", () => go(), { once: true });
      }),
    ]);
  return {
    echo(order: Order, context: CallContext) {
      ended(began(order, context));
      return order.text;
    },
    async later(order: Order, context: CallContext) {
      const run = began(order, context);
      await wait(order.ms ?? 0, run, order.heed ?? true);
      ended(run);
      return order.text;
    },
    fail(order: Order, context: CallContext) {
      ended(began(order, context));
      throw new library.RemoteError(`call ${order.call} fails`, 42, { call: order.call });
    },
    async *count(order: Order, context: CallContext) {
      const run = began(order, context);
      try {
        for (let item = 1; item <= (order.to ?? 0); item++) {
          if (run.signal.aborted && (order.heed ?? true)) return;
          if (order.ms) await wait(order.ms, run, order.heed ?? true);
          if (run.signal.aborted) run.unwanted ??= item;
          run.made = item;
          yield item;
        }
      } finally {
        ended(run);
      }
    },
    async back(order: Order, context: CallContext) {
      const run = began(order, context);
      try {
        return await context.caller.call("confirm", { text: order.text }, { timeout: 1_000 });
      } finally {
        ended(run);
      }
    },
    async relay(order: Order, context: CallContext) {
      const run = began(order, context);
      const asks = asksOf(mesh, process, library, ipc());
      await asks.echo(order.target ?? "", context);
      ended(run);
      return order.text;
    },
    die(order: Order, context: CallContext) {
      const run = began(order, context);
      if (machine.faults.over) {
        ended(run);
        return order.text;
      }
      machine.kill(process, "crashes in a handler", 134);
      throw new Ended("die");
    },
  };
}
