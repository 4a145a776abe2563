/** Picking a session from a list, by its id. */
import { writeLine, writeStyled } from "../output.ts";
import type { SessionInfo } from "./contract.ts";

/**
 * Shows the list and asks for an id; null when none is given.
 * @param lines the list as people read it
 */
export function pick(
  lines: readonly string[],
  sessions: readonly SessionInfo[],
): SessionInfo | null {
  writeStyled(lines);
  for (;;) {
    // Ctrl-C at this question ends the process, as everywhere.
    const answer = prompt("Attach to which one? (id; Enter for none)")?.trim() ?? "";
    if (answer === "") return null;
    const session = sessions.find(({ id }) => String(id) === answer);
    if (session !== undefined) return session;
    writeLine(`There is no session "${answer}".`);
  }
}
