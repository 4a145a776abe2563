/**
 * The closing of a console's window. Windows tells a process of it by calling a handler in a thread
 * of its own, and ends the process when the handler is back, after five seconds at the latest.
 * Deno's handler only notes the signal for JavaScript and is back at once. So there is a handler of
 * our own, in a worker, that waits while the main thread leaves the mesh. It is called first,
 * because it is registered last, and leaves every other event to Deno's.
 *
 * https://learn.microsoft.com/windows/console/handlerroutine
 *
 * @module
 */

const CTRL_CLOSE_EVENT = 2;
const PHANDLER_ROUTINE = { parameters: ["u32"], result: "i32" } as const;

/** Milliseconds that the main thread has: a little less than Windows waits. */
const LONGEST = 4_500;

/**
 * Calls `closed` when the window of this process's console is closed, and keeps the process going so
 * that it can end in order. The returned function ends that, and resolves when it has.
 *
 * @param report is told where that cannot be done: the process may then be ended before it has left
 * @param ready is told the handler's address once Windows knows it
 * @param longest milliseconds that the process goes on
 */
export function onConsoleClosed(
  closed: () => void,
  report: (problem: string) => void,
  ready: (handler: bigint) => void = () => {},
  longest: number = LONGEST,
): () => Promise<void> {
  const ended = Promise.withResolvers<void>();
  // From its text, as a compiled program has no module beside it.
  const values: Values = { event: CTRL_CLOSE_EVENT, routine: PHANDLER_ROUTINE, longest };
  const source = `(${holdConsole})(${JSON.stringify(values)})`;
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(source)}`, {
    type: "module",
  });
  worker.onmessage = ({ data }: MessageEvent<News>) => {
    if (data === "closed") closed();
    else if (data === "ended") ended.resolve();
    else ready(data);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    report(`Cannot wait for the closing of the console: ${event.message}`);
  };
  return () => {
    worker.postMessage("end");
    return ended.promise;
  };
}

/** What the worker tells: the address of its handler, and what happened. */
type News = bigint | "closed" | "ended";

/** What the worker is given. */
interface Values {
  event: number;
  routine: typeof PHANDLER_ROUTINE;
  longest: number;
}

/** What the worker runs. It may use nothing from outside of itself. */
function holdConsole({ event, routine, longest }: Values): void {
  const scope = globalThis as unknown as {
    postMessage(message: News): void;
    onmessage: (() => void) | null;
    close(): void;
  };
  const library = Deno.dlopen("kernel32.dll", {
    // Off this thread: Windows may hold it back until handlers that run just now are back, and ours
    // needs this thread for that.
    SetConsoleCtrlHandler: {
      parameters: ["function", "i32"],
      result: "i32",
      nonblocking: true,
    },
  });
  const { SetConsoleCtrlHandler } = library.symbols;
  const handler = Deno.UnsafeCallback.threadSafe(routine, (which) => {
    if (which !== event) return 0;
    scope.postMessage("closed");
    // The main thread ends the process meanwhile.
    const word = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    Atomics.wait(word, 0, 0, longest);
    return 1;
  });
  const add = SetConsoleCtrlHandler(handler.pointer, 1);
  void add.then(() => scope.postMessage(BigInt(Deno.UnsafePointer.value(handler.pointer))));
  scope.onmessage = async () => {
    await add;
    await SetConsoleCtrlHandler(handler.pointer, 0);
    handler.close();
    library.close();
    scope.postMessage("ended");
    scope.close();
  };
}
