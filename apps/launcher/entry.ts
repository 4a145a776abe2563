/** What the launcher finds, as entries: their ids, and what is shown of them. */
import { ErrorCode, type MethodDescription, RemoteError } from "../../lib/ipc/mod.ts";
import type { Entry, EntryParam } from "./contract.ts";
import type { Program } from "./programs.ts";

/** What the id of a shell command begins with; its line follows. */
export const COMMAND = "command:";
/** What the id of a method begins with; app and method follow, and params where it has some. */
export const METHOD = "method:";

/** A program of the system. */
export function programEntry({ id, name, comment }: Program): Entry {
  return { id: `program:${id}`, kind: "program", title: name, detail: comment };
}

/** An app of the mesh. */
export function appEntry(name: string, running: boolean): Entry {
  return { id: `app:${name}`, kind: "app", title: name, detail: running ? "runs" : "asleep" };
}

/** A line for the shell. */
export function commandEntry(line: string): Entry {
  return { id: COMMAND + line, kind: "command", title: `> ${line}`, detail: "shell command" };
}

/** A method of an app. */
export function methodEntry(app: string, method: MethodDescription): Entry {
  const params = paramsOf(method);
  return {
    id: `${METHOD}${app}.${method.name}`,
    kind: "method",
    title: `${app} ${method.name}`,
    detail: method.description ?? "",
    streams: method.kind === "stream",
    ...(params.length === 0 ? {} : { params }),
  };
}

/** What a JSON Schema of params tells; all of it is another program's word. */
interface ParamsSchema {
  properties?: Record<string, { type?: unknown; description?: unknown }>;
  required?: unknown;
}

/** A method's parameters, by its JSON Schema where it has one, else by their names. */
function paramsOf(method: MethodDescription): EntryParam[] {
  const { schemas } = method as MethodDescription & { schemas?: { params?: ParamsSchema } };
  const properties = schemas?.params?.properties ?? {};
  const required = schemas?.params?.required;
  const names = method.params ?? Object.keys(properties);
  return names.map((name) => {
    const { type, description } = Object.hasOwn(properties, name) ? properties[name]! : {};
    return {
      name,
      ...(typeof type === "string" ? { type } : {}),
      ...(typeof description === "string" ? { description } : {}),
      ...(Array.isArray(required) ? { required: required.includes(name) } : {}),
    };
  });
}

/** "method:scanner.deep_scan" and, for a recent one, its params as JSON after a space. */
export function parseMethodId(
  id: string,
): { app: string; method: string; params?: Record<string, unknown> } | null {
  const [, app, method, json] = /^method:([^. ]+)\.([^ ]+)(?: (.*))?$/s.exec(id) ?? [];
  if (app === undefined || method === undefined) return null;
  if (json === undefined) return { app, method };
  try {
    const params = JSON.parse(json);
    return typeof params === "object" && params !== null ? { app, method, params } : null;
  } catch {
    return null;
  }
}

/** For an id that leads to nothing. */
export function unknownEntry(id: string): RemoteError {
  return new RemoteError(
    `Cannot launch "${id}": there is no such entry; search gives their ids`,
    ErrorCode.InvalidParams,
  );
}
