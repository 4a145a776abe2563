/** The page of `neverliie inspect` without a mesh, and requests as they are written. */
import { QuietMesh } from "./quiet_mesh.ts";
import { InspectServer } from "../../../apps/neverliie/inspect/server.ts";
import type { InspectSource } from "../../../apps/neverliie/watching/snapshot.ts";

/** An answer, read to its end. */
export interface Answer {
  status: number;
  headers: Headers;
  body: string;
}

/** Sends a request as it is, with the server's host unless told, and reads the answer to its end. */
export async function send(
  port: number,
  { method = "GET", path = "/", headers = {}, body = "" }: {
    method?: string;
    path?: string;
    headers?: Record<string, string | null>;
    body?: string;
  },
): Promise<Answer> {
  const all: Record<string, string | null> = { host: `127.0.0.1:${port}`, ...headers };
  if (body !== "") all["content-length"] = String(new TextEncoder().encode(body).length);
  const lines = Object.entries(all).filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  const text = `${method} ${path} HTTP/1.1\r\n${lines.join("")}connection: close\r\n\r\n${body}`;
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  let answer = "";
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
    answer += decoder.decode(buffer.subarray(0, n), { stream: true });
  }
  const [head, ...rest] = answer.split("\r\n\r\n");
  const [first, ...fields] = head!.split("\r\n");
  return {
    status: Number(first!.split(" ")[1]),
    headers: new Headers(fields.map((field) => {
      const [, name, value] = /^([^:]+): ?(.*)$/.exec(field)!;
      return [name!, value!];
    })),
    body: rest.join("\r\n\r\n"),
  };
}

/** A server, and the session that its link began. */
export interface Begun {
  server: InspectServer;
  port: number;
  /** Path and query. */
  link: string;
  /** The answer to the link. */
  entry: Answer;
  folder: string;
  cookie: string;
  origin: string;
}

/** Opens a server and uses its link. */
export async function begun(source: InspectSource = new QuietMesh()): Promise<Begun> {
  const server = new InspectServer(source, 0);
  const { port, link } = server;
  const { pathname, search } = new URL(link);
  const entry = await send(port, { path: pathname + search });
  const folder = entry.headers.get("location")!;
  const cookie = entry.headers.get("set-cookie")!.split(";")[0]!;
  const origin = `http://127.0.0.1:${port}`;
  return { server, port, link: pathname + search, entry, folder, cookie, origin };
}
