/**
 * Who this process is, who others are, and what our pipes allow.
 *
 * @module
 */

import type { Rights } from "../transport.ts";
import {
  advapi32,
  OWNER_SECURITY_INFORMATION,
  SDDL_REVISION_1,
  SE_KERNEL_OBJECT,
  SECURITY_MAX_SID_SIZE,
  TOKEN_QUERY,
  TokenUser,
} from "./advapi32.ts";
import {
  addressOf,
  DWORD,
  dwordIn,
  HANDLE,
  type Handle,
  kernel32,
  memory,
  pointerIn,
  PVOID,
  readWide,
  wide,
} from "./kernel32.ts";
import { lastError, systemError } from "./win32_error.ts";

const TokenElevationType = 18;
const TokenIntegrityLevel = 25;
const TokenElevationTypeDefault = 1;
const TokenElevationTypeFull = 2;
/** The level of an administrator's unrestricted programs; ordinary ones have 0x2000. */
const SECURITY_MANDATORY_HIGH_RID = 0x3000;
/** An accessibility program (UIAccess) is a little above its level, and not as strong as the next. */
const LEVEL = 0xf000;
const DOMAIN_USER_RID_ADMIN = 500;
/** LocalSystem, LocalService and NetworkService; then services' and other machine's own accounts. */
const SECURITY_LOCAL_SYSTEM_RID = 18;
const SECURITY_NETWORK_SERVICE_RID = 20;
const SECURITY_MIN_BASE_RID = 80;
const SECURITY_MAX_BASE_RID = 111;
const HKEY_LOCAL_MACHINE = 0xffff_ffff_8000_0002n;
const POLICIES = "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System";
const RRF_RT_REG_DWORD = 0x10;
const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;

// GetTokenInformation puts the SID that these point to behind them.
const TOKEN_USER = { sizeof: 16, "User.Sid": 0 } as const;
const TOKEN_MANDATORY_LABEL = { sizeof: 16, "Label.Sid": 0 } as const;
const SECURITY_ATTRIBUTES = {
  sizeof: 24,
  nLength: 0,
  lpSecurityDescriptor: 8,
  bInheritHandle: 16,
} as const;

let ownSid: string | undefined;
let own: Rights | undefined;
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
  const owner = memory(PVOID.sizeof);
  const descriptor = memory(PVOID.sizeof);
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

/** What this process may do beside what its user may; see {@link tokenRights}. */
export function ownRights(): Rights {
  return own ??= withOwnToken((token) => {
    const rights = tokenRights(token);
    if (rights === null) throw systemError("Cannot read this process's elevation", lastError());
    return rights;
  });
}

/** What the token allows beside what its user may, or `null` when it cannot be told. */
export function tokenRights(token: Handle): Rights | null {
  const type = memory(DWORD.sizeof);
  const label = memory(TOKEN_MANDATORY_LABEL.sizeof + SECURITY_MAX_SID_SIZE);
  const ask = (what: number, into: Uint8Array<ArrayBuffer>) =>
    advapi32().GetTokenInformation(token, what, into, into.length, memory(DWORD.sizeof)) !== 0;
  if (!ask(TokenElevationType, type) || !ask(TokenIntegrityLevel, label)) return null;
  const level = sidText(pointerIn(label, TOKEN_MANDATORY_LABEL["Label.Sid"]));
  if (typeof level === "number") return null;
  const integrity = subAuthorities(level).at(-1)! & LEVEL;
  const facts = { type: dwordIn(type), integrity, user: () => tokenUserSid(token) };
  return { elevated: isElevated(facts, policyOf), integrity };
}

/** What is known of a token. */
export interface TokenFacts {
  /** Its TOKEN_ELEVATION_TYPE. */
  type: number;
  /** Its integrity level, the RID. */
  integrity: number;
  /** The SID of its user; `null` when it cannot be told. */
  user(): string | null;
}

/**
 * Whether the user of such a token has weaker programs than those with this one. Pure.
 *
 * An administrator's desktop has two tokens, and the type tells which one this is. But a logon over
 * the network (SSH, WinRM) or of a job has one token with all rights and no other to be told from
 * ("default"), while the same user's desktop is weaker. It is told by its level. It is no weaker
 * where User Account Control is off, for the built-in administrator, whose desktop is not split
 * unless FilterAdministratorToken says so, and for accounts that have no desktop.
 *
 * https://learn.microsoft.com/windows/win32/api/winnt/ne-winnt-token_elevation_type
 *
 * @param policy a value of Windows' policies, or `null` where it is not set
 */
export function isElevated(
  { type, integrity, user }: TokenFacts,
  policy: (name: "EnableLUA" | "FilterAdministratorToken") => number | null,
): boolean {
  if (type !== TokenElevationTypeDefault) return type === TokenElevationTypeFull;
  if (integrity < SECURITY_MANDATORY_HIGH_RID || policy("EnableLUA") === 0) return false;
  const sid = user();
  // Who cannot be told is held back.
  if (sid === null) return true;
  const [kind = 0] = sid.startsWith("S-1-5-") ? subAuthorities(sid) : [];
  if (kind >= SECURITY_LOCAL_SYSTEM_RID && kind <= SECURITY_NETWORK_SERVICE_RID) return false;
  if (kind >= SECURITY_MIN_BASE_RID && kind <= SECURITY_MAX_BASE_RID) return false;
  return subAuthorities(sid).at(-1) !== DOMAIN_USER_RID_ADMIN ||
    (policy("FilterAdministratorToken") ?? 0) !== 0;
}

/** The numbers of a SID after its authority: 18 of `S-1-5-18`. Pure. */
export function subAuthorities(sid: string): number[] {
  return sid.split("-").slice(3).map(Number);
}

/** A value of Windows' policies, which administrators alone can set; `null` where it is not set. */
export function policyOf(name: string): number | null {
  const value = memory(DWORD.sizeof);
  const size = memory(DWORD.sizeof);
  new DataView(size.buffer).setUint32(0, value.length, true);
  const error = advapi32().RegGetValueW(
    Deno.UnsafePointer.create(HKEY_LOCAL_MACHINE),
    wide(POLICIES),
    wide(name),
    RRF_RT_REG_DWORD,
    null,
    value,
    size,
  );
  return error === 0 ? dwordIn(value) : null;
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
  const descriptor = memory(PVOID.sizeof);
  const converted = advapi32().ConvertStringSecurityDescriptorToSecurityDescriptorW(
    wide(`O:${sid}D:P(A;;GA;;;${sid})(A;;GA;;;SY)`),
    SDDL_REVISION_1,
    descriptor,
    null,
  );
  if (converted === 0) {
    throw systemError("Cannot build a security descriptor", lastError());
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
  const attributes = memory(SECURITY_ATTRIBUTES.sizeof);
  const view = new DataView(attributes.buffer);
  view.setUint32(SECURITY_ATTRIBUTES.nLength, SECURITY_ATTRIBUTES.sizeof, true);
  view.setBigUint64(SECURITY_ATTRIBUTES.lpSecurityDescriptor, addressOf(descriptor), true);
  view.setInt32(SECURITY_ATTRIBUTES.bInheritHandle, inherit ? 1 : 0, true);
  return attributes;
}

/** The token of process `pid`, or `null` when it is gone or closed to us. */
export function openProcessToken(pid: number): Handle | null {
  const process = kernel32().OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid);
  if (process === null) return null;
  const token = memory(HANDLE.sizeof);
  const opened = advapi32().OpenProcessToken(process, TOKEN_QUERY, token);
  kernel32().CloseHandle(process);
  return opened === 0 ? null : pointerIn(token);
}

/** The token that this thread acts by just now, or `null` when it acts as itself. */
export function openThreadToken(): Handle | null {
  const token = memory(HANDLE.sizeof);
  const thread = kernel32().GetCurrentThread();
  // Opened by the process's own rights, not by those of whom the thread stands for.
  const opened = advapi32().OpenThreadToken(thread, TOKEN_QUERY, 1, token);
  return opened === 0 ? null : pointerIn(token);
}

/** The SID of the token's user, or `null` when it cannot be read. */
export function tokenUserSid(token: Handle): string | null {
  const user = memory(TOKEN_USER.sizeof + SECURITY_MAX_SID_SIZE);
  const done = advapi32().GetTokenInformation(
    token,
    TokenUser,
    user,
    user.length,
    memory(DWORD.sizeof),
  );
  const sid = done === 0 ? null : sidText(pointerIn(user, TOKEN_USER["User.Sid"]));
  return typeof sid === "string" ? sid : null;
}

function withOwnToken<T>(read: (token: Handle) => T): T {
  const token = memory(HANDLE.sizeof);
  const opened = advapi32().OpenProcessToken(kernel32().GetCurrentProcess(), TOKEN_QUERY, token);
  if (opened === 0) throw systemError("Cannot open this process's token", lastError());
  const handle = pointerIn(token)!;
  try {
    return read(handle);
  } finally {
    kernel32().CloseHandle(handle);
  }
}

/** `S-1-…` for the SID at `sid`, or an error code. */
export function sidText(sid: Deno.PointerValue): string | number {
  const text = memory(PVOID.sizeof);
  if (advapi32().ConvertSidToStringSidW(sid, text) === 0) return lastError();
  const pointer = pointerIn(text)!;
  const result = readWide(pointer);
  kernel32().LocalFree(pointer);
  return result;
}
