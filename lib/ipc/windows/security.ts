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
const TOKEN_ELEVATION = 20;
const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
const SE_KERNEL_OBJECT = 6;
const OWNER_SECURITY_INFORMATION = 1;
const SDDL_REVISION_1 = 1;

/** A SID with its fifteen sub-authorities takes 68 bytes; TOKEN_USER puts 16 before it. */
const TOKEN_USER_SIZE = 128;
const SECURITY_ATTRIBUTES_SIZE = 24;

let ownSid: string | undefined;
let ownAttributes: Uint8Array<ArrayBuffer> | undefined;

/** The SID of the user this process runs as (`S-1-5-21-…`). It is the same elevated or not. */
export function currentUserSid(): string {
  if (ownSid !== undefined) return ownSid;
  const sid = tokenUser(kernel32().GetCurrentProcess()!);
  if (typeof sid === "number") throw systemError("Cannot read this process's user", sid);
  return ownSid = sid;
}

/**
 * The SID of the user that process `pid` runs as, or `null` when it cannot be told: the process is
 * gone, or its token is closed to us, as an elevated program's may be.
 */
export function processUserSid(pid: number): string | null {
  const process = kernel32().OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid);
  if (process === null) return null;
  const sid = tokenUser(process);
  kernel32().CloseHandle(process);
  return typeof sid === "number" ? null : sid;
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

/**
 * Whether this process runs elevated. Such a process must not run a command that an unelevated one
 * could have written.
 */
export function isElevated(): boolean {
  const token = openToken(kernel32().GetCurrentProcess()!);
  if (typeof token === "number") throw systemError("Cannot open this process's token", token);
  const elevation = memory(4);
  const done = advapi32().GetTokenInformation(token, TOKEN_ELEVATION, elevation, 4, memory(4));
  const error = done !== 0 ? 0 : kernel32().GetLastError();
  kernel32().CloseHandle(token);
  if (error !== 0) throw systemError("Cannot read this process's elevation", error);
  return dwordIn(elevation) !== 0;
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

/** The token of `process`, or an error code. */
function openToken(process: Handle): Handle | number {
  const token = memory(8);
  const opened = advapi32().OpenProcessToken(process, TOKEN_QUERY, token);
  return opened === 0 ? kernel32().GetLastError() : pointerIn(token)!;
}

/** The SID of the user `process` runs as, or an error code. */
function tokenUser(process: Handle): string | number {
  const token = openToken(process);
  if (typeof token === "number") return token;
  const user = memory(TOKEN_USER_SIZE);
  const done = advapi32().GetTokenInformation(
    token,
    TOKEN_USER,
    user,
    TOKEN_USER_SIZE,
    memory(4),
  );
  const result = done === 0 ? kernel32().GetLastError() : sidText(pointerIn(user));
  kernel32().CloseHandle(token);
  return result;
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
