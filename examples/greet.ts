/** Calls the greeter, wherever it is: `greet.ts [NAME]`. */
import { NeverLiieIPC, TargetUnknownError } from "@neverliie/ipc";

await using ipc = await NeverLiieIPC.client();
try {
  console.log(await ipc.call("greeter", "greet", { name: Deno.args[0] ?? "you" }));
  for await (const n of ipc.stream<number>("greeter", "count", { to: 3 })) console.log(n);
} catch (error) {
  if (!(error instanceof TargetUnknownError)) throw error;
  console.error("Nobody knows the greeter yet: run examples/greeter.ts once");
  Deno.exitCode = 1;
}
