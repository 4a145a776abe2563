import { assertEquals, assertMatch } from "@std/assert";
import { type AccessEntry, accessFault } from "../../../lib/ipc/os/windows/access_list.ts";
import { longPath } from "../../../lib/ipc/os/windows/kernel32.ts";
import { lengthFault, programFault } from "../../../lib/ipc/os/windows/program.ts";

const ME = "S-1-5-21-1-2-3-1001";
const OTHER = "S-1-5-21-1-2-3-1002";
const EVERYONE = "S-1-1-0";
const SYSTEM = "S-1-5-18";
const ADMINISTRATORS = "S-1-5-32-544";

const FULL = 0x1f_01ff;
const READ = 0x12_00a9;
const allow = (sid: string | null, rights: number, more: Partial<AccessEntry> = {}) => ({
  type: 0,
  flags: 0,
  rights,
  sid,
  ...more,
});

Deno.test("accessFault trusts the user, the system and administrators, and readers", () => {
  const entries = [allow(ME, FULL), allow(SYSTEM, FULL), allow(ADMINISTRATORS, FULL)];
  for (const owner of [ME, SYSTEM, ADMINISTRATORS]) {
    assertEquals(accessFault({ owner, entries }, ME), null);
    assertEquals(accessFault({ owner, entries: [...entries, allow(EVERYONE, READ)] }, ME), null);
  }
});

Deno.test("accessFault names another owner, and who else may write", () => {
  assertMatch(accessFault({ owner: OTHER, entries: [] }, ME)!, /belongs to another user.*1002/);
  assertMatch(accessFault({ owner: null, entries: [] }, ME)!, /unknown/);
  assertMatch(accessFault({ owner: ME, entries: null }, ME)!, /everybody/);
  // write, append, remove what is in it, remove it, change its list, its owner; generic ones.
  const rights = [0x2, 0x4, 0x40, 0x1_0000, 0x4_0000, 0x8_0000, 0x1000_0000, 0x4000_0000, FULL];
  for (const right of rights) {
    for (const sid of [EVERYONE, OTHER, null]) {
      for (const type of [0, 9]) {
        const entries = [allow(ME, FULL), allow(sid, right, { type })];
        assertMatch(accessFault({ owner: ME, entries }, ME)!, /may change it/);
      }
    }
  }
});

Deno.test("accessFault passes over denials and what only others inherit", () => {
  const entries = [allow(OTHER, FULL, { type: 1 }), allow(EVERYONE, FULL, { flags: 0xb })];
  assertEquals(accessFault({ owner: ME, entries }, ME), null);
});

Deno.test("programFault on Windows: a drive's absolute path, no other machine, no shell", () => {
  const fine = ["C:\\x\\app.exe", "c:/x/app", "D:\\a folder\\ü.exe", "C:\\x\\.cmd\\app.exe"];
  for (const program of fine) assertEquals(programFault(program), null, program);
  const refused: [string, RegExp][] = [
    ["app.exe", /absolute/],
    ["..\\app.exe", /absolute/],
    ["\\app.exe", /absolute/],
    ["c:app.exe", /absolute/],
    ["\\\\server\\share\\app.exe", /another machine/],
    ["//server/share/app.exe", /another machine/],
    ["\\\\?\\C:\\app.exe", /another machine/],
    ["\\\\.\\C:\\app.exe", /another machine/],
    ["C:\\x\\notes.txt:app.exe", /hidden part/],
    ["C:\\x\\app.bat", /batch/],
    ["C:\\x\\app.CMD", /batch/],
    ["C:\\x\\app.bat. .", /batch/],
  ];
  for (const [program, why] of refused) assertMatch(programFault(program) ?? "", why, program);
});

Deno.test("longPath on Windows: what 260 characters cannot hold takes the long form", () => {
  const long = "x".repeat(300);
  const unchanged = [
    "C:\\a",
    `C:\\${"a".repeat(256)}`,
    `\\\\?\\C:\\${long}`,
    `\\\\.\\pipe\\${long}`,
  ];
  for (const path of unchanged) assertEquals(longPath(path), path);
  // With the final zero it is one too long.
  assertEquals(longPath(`C:\\${"a".repeat(257)}`), `\\\\?\\C:\\${"a".repeat(257)}`);
  assertEquals(longPath(`\\\\nas\\share\\${long}`), `\\\\?\\UNC\\nas\\share\\${long}`);
});

Deno.test("lengthFault says which path is longer than Windows takes it at a start", () => {
  const path = (length: number) => "C:\\".padEnd(length, "x");
  assertEquals(lengthFault(path(259), path(258)), null);
  assertEquals(
    lengthFault(path(260), path(300)),
    "the path of its program has 260 characters, and Windows takes 259 there",
  );
  assertEquals(
    lengthFault(path(20), path(259)),
    "the path of its folder has 259 characters, and Windows takes 258 there",
  );
});
