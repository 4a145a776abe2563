/** A session of the terminal as it tells of it. */
import type { SessionInfo } from "../../../apps/terminal/contract.ts";

/** A session that runs, with what a test says of it. */
export function sessionInfo(own: Partial<SessionInfo> = {}): SessionInfo {
  return {
    id: 1,
    title: "one",
    command: "/bin/sh",
    cwd: "/",
    pid: 1,
    columns: 80,
    rows: 24,
    views: 0,
    opened: "2026-01-01T00:00:00.000Z",
    ended: null,
    code: null,
    signal: null,
    ...own,
  };
}
