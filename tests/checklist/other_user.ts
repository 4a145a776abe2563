/**
 * This thread as another user is to the mesh's pipes: in the same groups, and not this user.
 *
 * @module
 */
import {
  advapi32,
  SECURITY_MAX_SID_SIZE,
  TOKEN_QUERY,
  TokenUser,
} from "../../lib/ipc/os/windows/advapi32.ts";
import {
  DWORD,
  HANDLE,
  type Handle,
  kernel32,
  memory,
  pointerIn,
} from "../../lib/ipc/os/windows/kernel32.ts";
import { systemError } from "../../lib/ipc/os/windows/win32_error.ts";
import { rightsCalls } from "./advapi32.ts";

const TOKEN_DUPLICATE = 0x2;
const TOKEN_IMPERSONATE = 0x4;
const SID_AND_ATTRIBUTES = { sizeof: 16 } as const;

/**
 * Calls `act` with a token in which this user's own SID grants nothing any more, as if it were not
 * there; groups such as Everyone stay. Nothing may be awaited in it.
 *
 * https://learn.microsoft.com/windows/win32/secauthz/restricted-tokens
 */
export function asAnotherUser<T>(act: () => T): T {
  const token = restrictedToken();
  try {
    check(rightsCalls().ImpersonateLoggedOnUser(token), "act with fewer rights");
    try {
      return act();
    } finally {
      check(advapi32().RevertToSelf(), "act as oneself again");
    }
  } finally {
    kernel32().CloseHandle(token);
  }
}

function restrictedToken(): Handle {
  const own = memory(HANDLE.sizeof);
  const access = TOKEN_DUPLICATE | TOKEN_IMPERSONATE | TOKEN_QUERY;
  const process = kernel32().GetCurrentProcess();
  check(advapi32().OpenProcessToken(process, access, own), "open one's own token");
  // A SID_AND_ATTRIBUTES and the SID behind it: just what is to be disabled.
  const user = memory(SID_AND_ATTRIBUTES.sizeof + SECURITY_MAX_SID_SIZE);
  const length = memory(DWORD.sizeof);
  const token = pointerIn(own)!;
  try {
    const { GetTokenInformation } = advapi32();
    check(GetTokenInformation(token, TokenUser, user, user.length, length), "read one's own user");
    const made = memory(HANDLE.sizeof);
    const done = rightsCalls().CreateRestrictedToken(token, 0, 1, user, 0, null, 0, null, made);
    check(done, "make a token with fewer rights");
    return pointerIn(made)!;
  } finally {
    kernel32().CloseHandle(token);
  }
}

function check(done: number, what: string): void {
  if (done === 0) throw systemError(`Cannot ${what}`, kernel32().GetLastError());
}
