/**
 * Who this process is, who others are, and what our pipes allow.
 *
 * @module
 */

import { advapi32 } from "./advapi32.ts";
import {
  addressOf,
  dwordIn,
  type Handle,
  kernel32,
  memory,
  pointerIn,
  readWide,
  wide,
} from "./kernel32.ts";
import { systemError } from "./win32_error.ts";

const TOKEN_QUERY = 0x8;
const TOKEN_USER = 1;
const TOKEN_ELEVATION_TYPE = 18;
const TOKEN_ELEVATION_TYPE_FULL = 2;
const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
const SE_KERNEL_OBJECT = 6;
const OWNER_SECURITY_INFORMATION = 1;
const SDDL_REVISION_1 = 1;

/** A SID with its fifteen sub-authorities takes 68 bytes; TOKEN_USER puts 16 before it. */
const TOKEN_USER_SIZE = 128;
const SECURITY_ATTRIBUTES_SIZE = 24;

let ownSid: string | undefined;
let ownElevation: boolean | undefined;
let ownAttributes: Uint8Array<ArrayBuffer> | undefined;

/** The SID of the user this process runs as (`S-1-5-21-…`). It is the same elevated or not. */
export function currentUserSid(): string {
  return ownSid ??= withOwnToken((token) => {
    const sid = tokenUserSid(token);
    if (sid === null) throw systemError("Cannot read this process's user", lastError());
    return sid;
  });
}

/**
 * The SID of the user that process `pid` runs as, or `null` when it cannot be told: the process is
 * gone, or its token is closed to us, as an elevated program's may be.
 */
export function processUserSid(pid: number): string | null {
  const token = openProcessToken(pid);
  if (token === null) return null;
  const sid = tokenUserSid(token);
  kernel32().CloseHandle(token);
  return sid;
}

/**
 * The SID of the owner of the object behind `handle`, or `null` when it cannot be told.
 *
 * https://learn.microsoft.com/windows/win32/api/aclapi/nf-aclapi-getsecurityinfo
 */
export function ownerSid(handle: Handle): string | null {
  const owner = memory(8);
  const descriptor = memory(8);
  const error = advapi32().GetSecurityInfo(
    handle,
    SE_KERNEL_OBJECT,
    OWNER_SECURITY_INFORMATION,
    owner,
    null,
    null,
    null,
    descriptor,
  );
  if (error !== 0) return null;
  const sid = sidText(pointerIn(owner));
  kernel32().LocalFree(pointerIn(descriptor));
  return typeof sid === "number" ? null : sid;
}

/** Whether this process runs elevated; see {@link isElevatedToken}. */
export function isElevated(): boolean {
  return ownElevation ??= withOwnToken((token) => {
    const elevated = isElevatedToken(token);
    if (elevated === null) throw systemError("Cannot read this process's elevation", lastError());
    return elevated;
  });
}

/**
 * Whether the token is the stronger one of two that its user has, or `null` when it cannot be told.
 *
 * Where a user has one token alone (User Account Control is off, the built-in administrator, an
 * ordinary user), no program of theirs is weaker than another, and nothing is elevated.
 *
 * https://learn.microsoft.com/windows/win32/api/winnt/ne-winnt-token_elevation_type
 */
export function isElevatedToken(token: Handle): boolean | null {
  const type = memory(4);
  const done = advapi32().GetTokenInformation(token, TOKEN_ELEVATION_TYPE, type, 4, memory(4));
  return done === 0 ? null : dwordIn(type) === TOKEN_ELEVATION_TYPE_FULL;
}

/**
 * SECURITY_ATTRIBUTES for our pipes: this user and the system have all rights, nobody else any.
 *
 * The default descriptor would let everyone read. The owner is named because an elevated program's
 * objects otherwise belong to the Administrators group, and a dialer checks the owner.
 *
 * https://learn.microsoft.com/windows/win32/ipc/named-pipe-security-and-access-rights
 */
export function pipeSecurityAttributes(): Uint8Array<ArrayBuffer> {
  if (ownAttributes !== undefined) return ownAttributes;
  const sid = currentUserSid();
  const descriptor = memory(8);
  const converted = advapi32().ConvertStringSecurityDescriptorToSecurityDescriptorW(
    wide(`O:${sid}D:P(A;;GA;;;${sid})(A;;GA;;;SY)`),
    SDDL_REVISION_1,
    descriptor,
    null,
  );
  if (converted === 0) {
    throw systemError("Cannot build a security descriptor", kernel32().GetLastError());
  }
  // The descriptor is allocated once and lives as long as the process: every instance needs it.
  return ownAttributes = securityAttributes(pointerIn(descriptor), false);
}

/**
 * A SECURITY_ATTRIBUTES structure.
 *
 * @param descriptor null for the default one
 * @param inherit whether child processes inherit the handle
 */
export function securityAttributes(
  descriptor: Deno.PointerValue,
  inherit: boolean,
): Uint8Array<ArrayBuffer> {
  const attributes = memory(SECURITY_ATTRIBUTES_SIZE);
  const view = new DataView(attributes.buffer);
  view.setUint32(0, SECURITY_ATTRIBUTES_SIZE, true);
  view.setBigUint64(8, addressOf(descriptor), true);
  view.setInt32(16, inherit ? 1 : 0, true);
  return attributes;
}

/** The token of process `pid`, or `null` when it is gone or closed to us. */
export function openProcessToken(pid: number): Handle | null {
  const process = kernel32().OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid);
  if (process === null) return null;
  const token = memory(8);
  const opened = advapi32().OpenProcessToken(process, TOKEN_QUERY, token);
  kernel32().CloseHandle(process);
  return opened === 0 ? null : pointerIn(token);
}

/** The token that this thread acts by just now, or `null` when it acts as itself. */
export function openThreadToken(): Handle | null {
  const token = memory(8);
  const thread = kernel32().GetCurrentThread();
  // Opened by the process's own rights, not by those of whom the thread stands for.
  const opened = advapi32().OpenThreadToken(thread, TOKEN_QUERY, 1, token);
  return opened === 0 ? null : pointerIn(token);
}

/** The SID of the token's user, or `null` when it cannot be read. */
export function tokenUserSid(token: Handle): string | null {
  const user = memory(TOKEN_USER_SIZE);
  const done = advapi32().GetTokenInformation(
    token,
    TOKEN_USER,
    user,
    TOKEN_USER_SIZE,
    memory(4),
  );
  const sid = done === 0 ? null : sidText(pointerIn(user));
  return typeof sid === "string" ? sid : null;
}

function withOwnToken<T>(read: (token: Handle) => T): T {
  const token = memory(8);
  const opened = advapi32().OpenProcessToken(kernel32().GetCurrentProcess(), TOKEN_QUERY, token);
  if (opened === 0) throw systemError("Cannot open this process's token", lastError());
  const handle = pointerIn(token)!;
  try {
    return read(handle);
  } finally {
    kernel32().CloseHandle(handle);
  }
}

function lastError(): number {
  return kernel32().GetLastError();
}

/** `S-1-…` for the SID at `sid`, or an error code. */
export function sidText(sid: Deno.PointerValue): string | number {
  const text = memory(8);
  if (advapi32().ConvertSidToStringSidW(sid, text) === 0) return kernel32().GetLastError();
  const pointer = pointerIn(text)!;
  const result = readWide(pointer);
  kernel32().LocalFree(pointer);
  return result;
}
