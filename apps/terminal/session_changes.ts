/** `terminal list --watch`: the sessions, and each change of them as it happens. */
import { isServing, type NeverLiieIPC, TopicGap } from "../../lib/ipc/mod.ts";
import { plain } from "../../lib/ui/text.ts";
import { print, writeLine } from "../output.ts";
import type { SessionInfo, TerminalTopics } from "./contract.ts";

/** Prints the sessions and then a line a change, or with `json` all of them a line, until the signal. */
export async function followSessions(
  client: NeverLiieIPC,
  json: boolean,
  signal: AbortSignal,
): Promise<void> {
  const shown = new Shown(json);
  const over = new AbortController();
  const ended = AbortSignal.any([signal, over.signal]);
  const follow = async (work: Promise<void>) => {
    try {
      await work;
    } catch (error) {
      over.abort(error);
      throw error;
    }
  };
  // A host that sleeps has no sessions, and is not started to say so.
  if (!isServing(client, "terminal")) shown.show([]);
  await Promise.all([
    follow(followTopic(client, shown, ended)),
    follow(followHost(client, shown, ended)),
  ]);
}

/** The sessions as the host tells them. */
async function followTopic(client: NeverLiieIPC, shown: Shown, signal: AbortSignal): Promise<void> {
  const how = { signal, gaps: true };
  const sessions = client.subscribe<TerminalTopics["sessions"] | TopicGap>(
    "terminal",
    "sessions",
    how,
  );
  for await (const told of sessions) {
    if (!(told instanceof TopicGap)) shown.take(told);
    else if (told.gap === "restarted") shown.restarted();
  }
}

/** The end of the host, of which it cannot tell any more. */
async function followHost(client: NeverLiieIPC, shown: Shown, signal: AbortSignal): Promise<void> {
  for await (const event of client.presence({ signal })) {
    if (event.event !== "down" || event.name !== "terminal") continue;
    // (Of one that has come again, its own sessions tell.)
    if (!isServing(client, "terminal")) shown.hostEnded();
  }
}

/** What was printed last. */
class Shown {
  readonly #json: boolean;
  #sessions: readonly SessionInfo[] | null = null;
  /** Whether what was told last is of a host that has ended: more of it may come late. */
  #ended = false;
  /** Whether this host has told its sessions. */
  #told = false;

  constructor(json: boolean) {
    this.#json = json;
  }

  take(sessions: readonly SessionInfo[]): void {
    this.#told = true;
    if (!this.#ended) this.show(sessions);
  }

  /** Another host tells its sessions next; those of the one before are gone. */
  restarted(): void {
    this.#ended = false;
    this.#told = false;
    if (this.#sessions?.length) this.show([]);
  }

  hostEnded(): void {
    this.#ended = this.#told;
    if (this.#sessions?.length) this.show([]);
  }

  show(sessions: readonly SessionInfo[]): void {
    const before = this.#sessions;
    this.#sessions = sessions;
    if (this.#json) return print(sessions, true);
    const time = new Date().toISOString().slice(11, -1);
    const lines = before === null
      ? ["watching the sessions; Ctrl-C ends it", ...sessions.map(firstLine)]
      : changeLines(before, sessions);
    for (const line of lines) writeLine(`${time}  ${line}`);
  }
}

/** What has changed from one list to the next, a line each. */
export function changeLines(
  before: readonly SessionInfo[],
  after: readonly SessionInfo[],
): string[] {
  const was = new Map(before.map((session) => [session.id, session]));
  const lines = after.flatMap((session) => {
    const old = was.get(session.id);
    was.delete(session.id);
    return old === undefined ? [`${nameOf(session)} was opened${detailsOf(session)}`] : [
      ...(old.title === session.title ? [] : [`${nameOf(old)} is called ${plain(session.title)}`]),
      ...(sizeOf(old) === sizeOf(session) ? [] : [`${nameOf(session)} is ${sizeOf(session)}`]),
      ...(old.views === session.views ? [] : [`${nameOf(session)} has ${viewsOf(session)}`]),
      ...(old.ended === session.ended ? [] : [`${nameOf(session)} ${stateOf(session)}`]),
    ];
  });
  return [...lines, ...[...was.values()].map((session) => `${nameOf(session)} is gone`)];
}

/** Whether it runs, or how it ended. */
export function stateOf({ ended, code, signal }: SessionInfo): string {
  if (ended === null) return "running";
  return signal === null ? `ended, code ${code}` : `ended, ${signal}`;
}

const firstLine = (session: SessionInfo) =>
  `${nameOf(session)} ${stateOf(session)}, ${viewsOf(session)}${detailsOf(session)}`;
const nameOf = ({ id, title }: SessionInfo) => `session ${id} (${plain(title)})`;
const sizeOf = ({ columns, rows }: SessionInfo) => `${columns}x${rows}`;
const viewsOf = ({ views }: SessionInfo) => views === 1 ? "1 view" : `${views} views`;
const detailsOf = (session: SessionInfo) => `, ${sizeOf(session)}: ${plain(session.command)}`;
