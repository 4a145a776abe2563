/**
 * Who is measured beside whom: pairs of programs, a server and a client each.
 *
 * @module
 */
import type { Control, Program } from "./control.ts";
import type { Environment, Make } from "./environment.ts";

/** The competitors by their keys, as the tables name them. */
export const COMPETITORS = {
  mesh: "mesh",
  floor: "bare echo, floor",
  transport: "bare echo on the mesh's transport",
  netDeno: "bare echo on node:net in Deno",
  netNode: "bare echo on node:net in Node",
  vscode: "vscode-jsonrpc on Node",
  pythonPersistent: "Python multiprocessing.connection",
  pythonPerCall: "Python, a connection per call",
  fanOut: "bare fan-out on the mesh's transport",
  fanOutJson: "bare fan-out of JSON on the mesh's transport",
  dbus: "D-Bus signals, a client without a library",
  jeepney: "D-Bus signals, Python's jeepney",
} as const;

export type CompetitorKey = keyof typeof COMPETITORS;

/** Those that tell whoever listens. */
export const TELLING: readonly CompetitorKey[] = [
  "mesh",
  "fanOut",
  "fanOutJson",
  "dbus",
  "jeepney",
];
/** Those that answer a call. */
export const CALLED: readonly CompetitorKey[] = (Object.keys(COMPETITORS) as CompetitorKey[])
  .filter((key) => key === "mesh" || !TELLING.includes(key));

/** A server and its client. Orders go to the client unless said otherwise. */
export interface Pair extends AsyncDisposable {
  readonly competitor: CompetitorKey;
  readonly server: Program;
  readonly client: Program;
}

/** The name of the measured app in the mesh. */
export const APP = "measured";

/** Starts the server, then the client, of one competitor. @throws {PeerMissing} */
export async function startPair(
  competitor: CompetitorKey,
  environment: Environment,
  control: Control,
): Promise<Pair> {
  await using started = new AsyncDisposableStack();
  const address = environment.address(competitor);
  const start = async (role: "server" | "client") => {
    const { make, rest } = await programOf(competitor, role, address, environment);
    const name = `${COMPETITORS[competitor]}, ${role}`;
    return started.use(await control.start(name, (args) => make([...args, ...rest])));
  };
  const server = await start("server");
  const client = await start("client");
  const owned = started.move();
  return { competitor, server, client, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Starts the program that starts others. */
export function startStarter(environment: Environment, control: Control): Promise<Program> {
  const make = environment.deno("starter.ts");
  const flags = JSON.stringify(environment.moduleFlags);
  return control.start("starter", (args) => make([...args, flags]));
}

/** The program of one side, and its own arguments. */
async function programOf(
  competitor: CompetitorKey,
  role: "server" | "client",
  address: string,
  environment: Environment,
): Promise<{ make: Make; rest: string[] }> {
  const rest = [role, address];
  switch (competitor) {
    case "mesh": {
      const script = role === "server" ? "mesh_app.ts" : "mesh_client.ts";
      return { make: environment.deno(script), rest: [APP] };
    }
    case "floor": {
      const script = environment.windows ? "bare_sync_pipe.ts" : "bare_deno.ts";
      return { make: environment.deno(script), rest };
    }
    case "transport":
      return { make: environment.deno("bare_transport.ts"), rest };
    case "netDeno":
      return { make: environment.deno("bare_node_net.mjs"), rest };
    case "netNode":
      return { make: await environment.node("bare_node_net.mjs"), rest };
    case "vscode": {
      const module = await environment.packageFile("vscodeJsonrpc", "lib/node/main.js");
      return { make: await environment.node("vscode_jsonrpc.mjs"), rest: [...rest, module] };
    }
    case "fanOut":
      return { make: environment.deno("fan_out.ts"), rest: [...rest, "bytes"] };
    case "fanOutJson":
      return { make: environment.deno("fan_out.ts"), rest: [...rest, "json"] };
    case "dbus": {
      const bus = await environment.bus();
      return { make: environment.deno("dbus_signals.ts"), rest: [role, bus] };
    }
    case "jeepney": {
      const bus = await environment.bus();
      return { make: await environment.python("dbus_jeepney.py", "jeepney"), rest: [role, bus] };
    }
    case "pythonPersistent":
    case "pythonPerCall": {
      const make = await environment.python("python_connection.py");
      return { make, rest: [...rest, competitor === "pythonPerCall" ? "per-call" : "persistent"] };
    }
  }
}
