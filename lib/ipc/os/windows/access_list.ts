/**
 * Owners and access lists of files and pipes: who may change what the mesh relies on.
 *
 * @module
 */

import { advapi32, OWNER_SECURITY_INFORMATION, SE_KERNEL_OBJECT } from "./advapi32.ts";
import {
  FILE_APPEND_DATA,
  FILE_SHARE_DELETE,
  FILE_SHARE_READ,
  FILE_SHARE_WRITE,
  GENERIC_WRITE,
  type Handle,
  kernel32,
  longPath,
  memory,
  OPEN_EXISTING,
  pointerIn,
  PVOID,
  validHandle,
  wide,
} from "./kernel32.ts";
import { currentUserSid, sidText } from "./security.ts";
import {
  ERROR_FILE_NOT_FOUND,
  ERROR_PATH_NOT_FOUND,
  lastError,
  systemError,
} from "./win32_error.ts";

const SE_FILE_OBJECT = 1;
const DACL_SECURITY_INFORMATION = 4;

const READ_CONTROL = 0x2_0000;
const FILE_FLAG_BACKUP_SEMANTICS = 0x200_0000;
const FILE_FLAG_OPEN_REPARSE_POINT = 0x20_0000;

const ACCESS_ALLOWED_ACE_TYPE = 0;
const ACCESS_DENIED_ACE_TYPE = 1;
const ACCESS_ALLOWED_CALLBACK_ACE_TYPE = 9;
const INHERIT_ONLY_ACE = 0x8;

const FILE_WRITE_DATA = 0x2;
const FILE_DELETE_CHILD = 0x40;
const DELETE = 0x1_0000;
const WRITE_DAC = 0x4_0000;
const WRITE_OWNER = 0x8_0000;
const GENERIC_ALL = 0x1000_0000;

/**
 * Rights by which a file or folder, or what is in it, can be changed: to write or append data, to
 * remove what is in a folder or the thing itself, to change its access list or owner, and the
 * generic ones that stand for them.
 *
 * https://learn.microsoft.com/windows/win32/fileio/file-access-rights-constants
 */
const WRITE_RIGHTS = FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_DELETE_CHILD | DELETE | WRITE_DAC |
  WRITE_OWNER | GENERIC_ALL | GENERIC_WRITE;

// https://learn.microsoft.com/windows/win32/api/winnt/ns-winnt-acl
const ACL = { sizeof: 8, AceCount: 4 } as const;
const ACE_HEADER = { AceType: 0, AceFlags: 1, AceSize: 2 } as const;
// https://learn.microsoft.com/windows/win32/api/winnt/ns-winnt-access_allowed_ace
const ACCESS_ALLOWED_ACE = { Mask: 4, SidStart: 8 } as const;

/** The system, and what it runs as; administrators, who need nobody's leave; and the owner. */
const TRUSTED = new Set([
  "S-1-5-18",
  "S-1-5-32-544",
  // TrustedInstaller
  "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
  // OWNER RIGHTS: the owner is looked at by itself
  "S-1-3-4",
]);

/** One entry of an access list. */
export interface AccessEntry {
  /** 0 allows, 1 denies; others are rare. */
  type: number;
  /** Of inheritance. */
  flags: number;
  /** The rights, as bits. */
  rights: number;
  /** Whose they are. `null` for a type of entry that this version cannot read. */
  sid: string | null;
}

/** Who may do what with an object. */
export interface Access {
  owner: string | null;
  /** `null` when there is no list, which lets everybody do everything. */
  entries: AccessEntry[] | null;
}

/** Owner and access list of the pipe behind `handle`, or an error code. */
export function pipeAccess(handle: Handle): Access | number {
  return accessOf(handle, SE_KERNEL_OBJECT);
}

/**
 * Owner and access list of a file or folder, or an error code. By a handle: what asks by the path
 * (GetNamedSecurityInfo) says nothing of paths over 260 characters.
 *
 * https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew
 */
function fileAccess(path: string): Access | number {
  const handle = validHandle(
    kernel32().CreateFileW(
      wide(longPath(path)),
      READ_CONTROL,
      FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
      null,
      OPEN_EXISTING,
      // Folders are opened as well, and links themselves.
      FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT,
      null,
    ),
  );
  if (handle === null) return lastError();
  try {
    return accessOf(handle, SE_FILE_OBJECT);
  } finally {
    kernel32().CloseHandle(handle);
  }
}

/** Why others than `user` could change what `access` describes, or `null`. Pure. */
export function accessFault({ owner, entries }: Access, user: string): string | null {
  const trusted = (sid: string | null) => sid !== null && (sid === user || TRUSTED.has(sid));
  if (!trusted(owner)) return `it belongs to another user, "${owner ?? "unknown"}"`;
  if (entries === null) return "everybody may change it";
  const other = entries.find(({ type, flags, rights, sid }) =>
    (type === ACCESS_ALLOWED_ACE_TYPE || type === ACCESS_ALLOWED_CALLBACK_ACE_TYPE) &&
    (flags & INHERIT_ONLY_ACE) === 0 && (rights & WRITE_RIGHTS) !== 0 && !trusted(sid)
  );
  return other === undefined ? null : `"${other.sid}" may change it (see icacls)`;
}

/** {@link import("../transport.ts").Platform.ownershipFault} on Windows. */
export function ownershipFault(path: string): string | null {
  if (Deno.lstatSync(path).isSymlink) return "it is a link";
  const access = fileAccess(path);
  if (typeof access !== "number") return accessFault(access, currentUserSid());
  if (access === ERROR_FILE_NOT_FOUND || access === ERROR_PATH_NOT_FOUND) {
    throw systemError(`Cannot read the owner of "${path}"`, access);
  }
  return systemError("its owner cannot be read", access).message;
}

/** https://learn.microsoft.com/windows/win32/api/aclapi/nf-aclapi-getsecurityinfo */
function accessOf(handle: Handle, type: number): Access | number {
  const owner = memory(PVOID.sizeof);
  const list = memory(PVOID.sizeof);
  const descriptor = memory(PVOID.sizeof);
  const error = advapi32().GetSecurityInfo(
    handle,
    type,
    OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
    owner,
    null,
    list,
    null,
    descriptor,
  );
  if (error !== 0) return error;
  const acl = pointerIn(list);
  const access = { owner: textOf(pointerIn(owner)), entries: acl === null ? null : entries(acl) };
  kernel32().LocalFree(pointerIn(descriptor));
  return access;
}

/** The entries of the list at `acl`. */
function entries(acl: Deno.PointerObject): AccessEntry[] {
  const view = new Deno.UnsafePointerView(acl);
  const found: AccessEntry[] = [];
  let at: number = ACL.sizeof;
  for (let left = view.getUint16(ACL.AceCount); left > 0; left--) {
    const type = view.getUint8(at + ACE_HEADER.AceType);
    // These begin alike: the header, the rights, the SID. Those for objects do not.
    const plain = type === ACCESS_ALLOWED_ACE_TYPE || type === ACCESS_DENIED_ACE_TYPE ||
      type === ACCESS_ALLOWED_CALLBACK_ACE_TYPE;
    found.push({
      type,
      flags: view.getUint8(at + ACE_HEADER.AceFlags),
      rights: view.getUint32(at + ACCESS_ALLOWED_ACE.Mask),
      sid: plain ? textOf(Deno.UnsafePointer.offset(acl, at + ACCESS_ALLOWED_ACE.SidStart)) : null,
    });
    at += view.getUint16(at + ACE_HEADER.AceSize);
  }
  return found;
}

function textOf(sid: Deno.PointerValue): string | null {
  const text = sid === null ? null : sidText(sid);
  return typeof text === "string" ? text : null;
}
