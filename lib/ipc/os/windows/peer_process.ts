/**
 * Who is at the other end of a pipe.
 *
 * @module
 */

import type { Rights } from "../transport.ts";
import { advapi32 } from "./advapi32.ts";
import { DWORD, dwordIn, type Handle, kernel32, memory } from "./kernel32.ts";
import {
  currentUserSid,
  openProcessToken,
  openThreadToken,
  tokenRights,
  tokenUserSid,
} from "./security.ts";

/** A process at the other end, as far as it can be told: `null` where it cannot. */
export interface Peer {
  pid: number | null;
  /** The SID of the user it runs as. */
  user: string | null;
  rights: Rights | null;
}

const UNKNOWN: Peer = { pid: null, user: null, rights: null };

/** The client's process, asked of the server's end. */
export function clientOf(pipe: Handle): Peer {
  const pid = memory(DWORD.sizeof);
  if (kernel32().GetNamedPipeClientProcessId(pipe, pid) === 0) return UNKNOWN;
  return processPeer(dwordIn(pid));
}

/** The server's process, asked of the client's end. */
export function serverOf(pipe: Handle): Peer {
  const pid = memory(DWORD.sizeof);
  if (kernel32().GetNamedPipeServerProcessId(pipe, pid) === 0) return UNKNOWN;
  return processPeer(dwordIn(pid));
}

/**
 * The client that wrote what was read last, by its own token: for one whose process cannot be asked,
 * as an elevated one's cannot be by an ordinary one. The token is good for asking alone.
 *
 * https://learn.microsoft.com/windows/win32/api/namedpipeapi/nf-namedpipeapi-impersonatenamedpipeclient
 */
export function writerOf(pipe: Handle): Peer {
  // One synchronous stretch: nothing else runs on this thread while it stands for the client.
  if (advapi32().ImpersonateNamedPipeClient(pipe) === 0) return UNKNOWN;
  const token = openThreadToken();
  if (advapi32().RevertToSelf() === 0) {
    // Going on as somebody else is out of the question.
    throw new Error("Cannot return to this process's own rights");
  }
  return tokenPeer(token, null);
}

/** Whether the peer is known to run as this process's user. */
export function isOwnUser({ user }: Peer): boolean {
  return user === currentUserSid();
}

function processPeer(pid: number): Peer {
  return tokenPeer(openProcessToken(pid), pid);
}

function tokenPeer(token: Handle | null, pid: number | null): Peer {
  if (token === null) return { ...UNKNOWN, pid };
  try {
    return { pid, user: tokenUserSid(token), rights: tokenRights(token) };
  } finally {
    kernel32().CloseHandle(token);
  }
}
