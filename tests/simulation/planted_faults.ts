/**
 * Mistakes that a simulator of the mesh has to find: each is one change to a copy of lib/ipc, of
 * the kind that people make, which type-checks and does no harm in ordinary use. All were written
 * without a look at the simulator.
 *
 * @module
 */

import { join } from "@std/path";

/** One mistake. */
export interface PlantedFault {
  readonly name: string;
  /** What is wrong with it. */
  readonly harm: string;
  /** The file, from lib/ipc. */
  readonly file: string;
  /** A text that is in the file once. */
  readonly found: string;
  /** What is there instead. */
  readonly replacement: string;
}

/** Ten of them. */
export const PLANTED_FAULTS: readonly PlantedFault[] = [
  {
    name: "instance lock released before the listener closes",
    harm: "The name is anybody's while this process still answers at its address.",
    file: "ipc.ts",
    found: `    await attempt(() => this.#supervisor?.stop(owned), this.#report);
    await attempt(() => this.#listener?.close(), this.#report);
    const ends = [() => this.#targets.close(), () => this.#incoming.close(told)];
    await Promise.all(ends.map((end) => attempt(end, this.#report)));
    await attempt(() => this.#workers.close(), this.#report);
    await attempt(() => this.#options.onLeave?.(why), this.#report);
    this.#ignoreSignals?.();
    this.#instance?.release();
`,
    replacement: `    this.#instance?.release();
    await attempt(() => this.#supervisor?.stop(owned), this.#report);
    const ends = [() => this.#targets.close(), () => this.#incoming.close(told)];
    await Promise.all(ends.map((end) => attempt(end, this.#report)));
    await attempt(() => this.#listener?.close(), this.#report);
    await attempt(() => this.#workers.close(), this.#report);
    await attempt(() => this.#options.onLeave?.(why), this.#report);
    this.#ignoreSignals?.();
`,
  },
  {
    name: "start lock not held while dialling again",
    harm: "Of two callers who find nobody, both go on to start.",
    file: "activation/activation.ts",
    found: `      try {
        // Whoever held the lock before may have brought it up, or failed on everybody's behalf.
        const transport = await dial(app, context, signal);
        if (transport !== null) return transport;
        const record = readStarts(home, app);
        const failure = sharedFailure(record, asked, Date.now());
        if (failure !== null) {
          throw new TargetStartError(failure.message, failure.exitCode, failure.log);
        }
        return await launch(app, context, record, signal);
      } finally {
        lock.release();
      }
`,
    replacement: `      lock.release();
      // Whoever held the lock before may have brought it up, or failed on everybody's behalf.
      const transport = await dial(app, context, signal);
      if (transport !== null) return transport;
      const record = readStarts(home, app);
      const failure = sharedFailure(record, asked, Date.now());
      if (failure !== null) {
        throw new TargetStartError(failure.message, failure.exitCode, failure.log);
      }
      return await launch(app, context, record, signal);
`,
  },
  {
    name: "start record written after the spawn",
    harm: "A starter that dies in between leaves a start that nobody counted.",
    file: "activation/start_record.ts",
    found: `    inFolder(
      () => Deno.writeTextFileSync(path, JSON.stringify(record), { mode: 0o600 }),
      home.renewRuntime,
    );
`,
    replacement: `    const text = JSON.stringify(record);
    const write = () => Deno.writeTextFileSync(path, text, { mode: 0o600 });
    // The start need not wait for the disk.
    setTimeout(() => inFolder(write, home.renewRuntime));
`,
  },
  {
    name: "a response dropped when it crosses a cancel",
    harm: "The stream that it opened waits for a reader for ever.",
    file: "session/connection.ts",
    found: `    } else if (!this.#pending.settle(id, { result, stream: stream === true }, null)) {
      // Late: its call was given up. A stream it opened would wait for ever.
      const token = stream === true ? asRecord(result)?.["token"] : undefined;
      if (isRequestId(token)) this.abort(token);
    }
`,
    replacement: `    } else {
      // (Late, where its call was given up.)
      this.#pending.settle(id, { result, stream: stream === true }, null);
    }
`,
  },
  {
    name: "a page sent twice after a lost connection",
    harm: "A stream whose connection is lost is made anew, and begins again with its first items.",
    file: "session/calling/stream.ts",
    found: `      this.#token = null;
      this.#fail(thrown);
    } finally {`,
    replacement: `      this.#token = null;
      // It is opened anew, by another connection.
      if ((thrown as Error).name === "ConnectionLostError") this.#opening = null;
      else this.#fail(thrown);
    } finally {`,
  },
  {
    name: "time-out counted from the answer",
    harm: "Whatever is answered gives all that wait their whole time again.",
    file: "session/calling/pending_calls.ts",
    found: `    if (call === undefined) return false;
    call.settle(reply, error);
    return true;
`,
    replacement: `    if (call === undefined) return false;
    call.settle(reply, error);
    // The peer lives: the others have their time from now on.
    const now = performance.now();
    for (const other of this.#calls.all()) {
      if (Number.isFinite(other.deadline)) other.deadline = now + other.timeout;
    }
    return true;
`,
  },
  {
    name: "registry written without the rename",
    harm: "Who reads meanwhile sees a part, and a crash leaves one.",
    file: "registry/registry.ts",
    found: `          await Deno.rename(temporary, path);
          return;
`,
    replacement: `          await Deno.remove(temporary);
          Deno.writeTextFileSync(path, text, { mode: 0o600 });
          return;
`,
  },
  {
    name: "socket removed that is another's",
    harm: "The listener takes its address for its own, whoever has the name.",
    file: "ipc.ts",
    found: `owns: this.#instance!.look, mark };`,
    replacement: `owns: () => true, mark };`,
  },
  {
    name: "supervision budget reset by a failed start",
    harm: "An app that cannot be started is started again and again.",
    file: "activation/supervisor.ts",
    found: `      if (error instanceof TargetUnknownError) this.#giveUp(app, record, message);
      else this.#report(message);
`,
    replacement:
      `      if (error instanceof TargetUnknownError) return this.#giveUp(app, record, message);
      writeKept(home, app, { ...record, restarts: 0 });
      this.#report(message);
`,
  },
  {
    name: "a waiter forgotten at close",
    harm: "A call that has a signal waits for that, and nobody ends it with its session.",
    file: "session/calling/pending_calls.ts",
    found: `    for (const call of this.#calls.all()) {
      const message = \`Cannot finish`,
    replacement: `    for (const call of this.#calls.all()) {
      if (call.unlisten !== null) continue;
      const message = \`Cannot finish`,
  },
];

/**
 * Makes the mistake in the copy of lib/ipc in the folder `lib`.
 *
 * @throws {Error} that names it, where its text is not in the file exactly once
 */
export function plant({ name, file, found, replacement }: PlantedFault, lib: string): void {
  const path = join(lib, file);
  const parts = Deno.readTextFileSync(path).split(found);
  if (parts.length !== 2) {
    const times = `its text is there ${parts.length - 1} times`;
    throw new Error(`Cannot plant "${name}" in "${file}": ${times}`);
  }
  Deno.writeTextFileSync(path, parts.join(replacement));
}
