/**
 * Opens the mesh as an app and prints, as JSON, what that asked of Deno. Started by
 * startup_test.ts. Arguments: the home, the app's name.
 */
const [home, name] = Deno.args as [string, string];
const counts: Record<string, number> = {};

/** What of it reads and writes files, or waits for the system. */
const FILES = [
  "copyFile",
  "lstat",
  "mkdir",
  "open",
  "readDir",
  "readFile",
  "readTextFile",
  "realPath",
  "remove",
  "rename",
  "stat",
  "writeFile",
  "writeTextFile",
].flatMap((called) => [called, `${called}Sync`]);

const deno = Deno as unknown as Record<string, (...args: unknown[]) => unknown>;
for (const called of [...FILES, "dlopen", "connect", "listen"]) {
  const plain = deno[called]!;
  const counted = function (this: unknown, ...args: unknown[]) {
    counts[called] = (counts[called] ?? 0) + 1;
    return plain.apply(this, args);
  };
  Object.defineProperty(Deno, called, { value: counted, configurable: true, writable: true });
}

/** What loads Node's timers with its first use. */
const timers: string[] = [];
for (const global of ["setTimeout", "setInterval", "setImmediate"]) {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, global)!;
  Object.defineProperty(globalThis, global, {
    configurable: true,
    get() {
      timers.push(global);
      return descriptor.get === undefined ? descriptor.value : descriptor.get.call(globalThis);
    },
  });
}

const { NeverLiieIPC } = await import("../../lib/ipc/mod.ts");
const ipc = await NeverLiieIPC.open(name, { home });
const files = FILES.reduce((sum, called) => sum + (counts[called] ?? 0), 0);
console.log(JSON.stringify({ files, counts, timers: [...timers], runtime: ipc.home.runtime }));
await ipc.close();
