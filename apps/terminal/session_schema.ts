/** What the topic "sessions" tells, for programs that ask. */
import type { SessionInfo } from "./contract.ts";

const text = { type: "string" };
const count = { type: "integer" };
const orNull = (type: string) => ({ type: [type, "null"] });
const SESSION = {
  id: count,
  title: text,
  command: text,
  cwd: text,
  pid: count,
  columns: count,
  rows: count,
  views: count,
  opened: text,
  ended: orNull("string"),
  code: orNull("integer"),
  signal: orNull("string"),
} satisfies Record<keyof SessionInfo, unknown>;

/** {@link SessionInfo}s in JSON Schema. */
export const SESSIONS_SCHEMA = {
  type: "array",
  items: { type: "object", properties: SESSION, required: Object.keys(SESSION) },
} as const;
