/** What spawn_test.ts starts: `report`, `fail`, `parent`, `child` or `serve`. */

import { platform as platformOf } from "../../lib/ipc/os/platform.ts";

const platform = platformOf();
const [role, ...args] = Deno.args;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

async function dial(address: string) {
  const transport = await platform.dial(address, { deadline: performance.now() + 10_000 });
  if (transport === null) throw new Error(`Nobody listens at "${address}"`);
  return transport;
}

switch (role) {
  case "report": {
    const prefix = args[0] ?? "";
    const env = Object.entries(Deno.env.toObject())
      .filter(([name]) => prefix !== "" && name.toLowerCase().startsWith(prefix.toLowerCase()))
      .map(([name, value]) => [name.slice(prefix.length), value]);
    console.log(
      "REPORT " + JSON.stringify({
        args,
        commandLine: platform.commandLine(),
        cwd: Deno.cwd(),
        env: Object.fromEntries(env),
        input: Deno.stdin.readSync(new Uint8Array(1)) ?? 0,
      }),
    );
    break;
  }
  case "fail":
    console.log("to stdout");
    console.error("to stderr");
    Deno.exit(7);
    break;
  case "parent": {
    const [address, logFile] = args as [string, string];
    const own = platform.commandLine();
    const command = [...own.slice(0, own.indexOf("parent")), "child", address];
    (await platform.spawn({ command, cwd: Deno.cwd(), env: {}, logFile })).release();
    break;
  }
  case "child": {
    const transport = await dial(args[0]!);
    const heard = decoder.decode((await transport.read())!);
    console.log(`child heard: ${heard}`);
    await transport.write(encoder.encode(`heard: ${heard}`));
    await transport.close();
    break;
  }
  case "serve": {
    const [ready, own] = args as [string, string];
    const listener = await platform.listen(own);
    const announced = await dial(ready);
    const peer = (await listener.accept())!;
    await peer.write((await peer.read())!);
    await Promise.all([peer.close(), listener.close(), announced.close()]);
    // No Deno.exit: with everything closed nothing holds the program.
    break;
  }
}
