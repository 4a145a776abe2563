import { assert, assertEquals } from "@std/assert";
import { kernel32 } from "../../../lib/ipc/os/windows/kernel32.ts";
import {
  currentUserSid,
  isElevated,
  openProcessToken,
  ownRights,
  pipeSecurityAttributes,
  processUserSid,
  subAuthorities,
  tokenRights,
} from "../../../lib/ipc/os/windows/security.ts";

/** A test of calls that only Windows has. advapi32 is loaded once and stays. */
function onWindows(name: string, fn: () => void): void {
  Deno.test({ name, ignore: Deno.build.os !== "windows", sanitizeResources: false, fn });
}

onWindows("currentUserSid is a SID and the one of this process", () => {
  assert(/^S-1-\d+(-\d+)+$/.test(currentUserSid()), currentUserSid());
  assertEquals(processUserSid(Deno.pid), currentUserSid());
});

onWindows("processUserSid cannot tell for a process that does not exist", () => {
  // Process ids are multiples of four.
  assertEquals(processUserSid(0x7fff_fff1), null);
});

onWindows(
  "ownRights tells the integrity level of this process's token, and another's the same",
  () => {
    const own = ownRights();
    assertEquals(typeof own.elevated, "boolean");
    // Medium, or what an administrator's program has; a test runs at no other.
    assert([0x2000, 0x3000, 0x4000].includes(own.integrity), own.integrity.toString(16));
    const token = openProcessToken(Deno.pid)!;
    assertEquals(tokenRights(token), own);
    kernel32().CloseHandle(token);
  },
);

Deno.test("subAuthorities gives the numbers behind a SID's authority", () => {
  assertEquals(subAuthorities("S-1-5-21-1004336348-1177238915-682003330-500"), [
    ...[21, 1004336348, 1177238915, 682003330, 500],
  ]);
  assertEquals(subAuthorities("S-1-16-12288"), [12288]);
  assertEquals(subAuthorities("S-1-5-18"), [18]);
  assertEquals(subAuthorities("S-1-12-1-4294967295"), [1, 4294967295]);
});

/**
 * Who is elevated, of those with one token and a high level: where User Account Control is off, where
 * it is on, and where it is on for the built-in administrator as well.
 */
const ONE_TOKEN: [user: string | null, off: boolean, on: boolean, all: boolean][] = [
  ["S-1-5-21-1-2-3-1001", false, true, true],
  ["S-1-5-21-1-2-3-1500", false, true, true],
  ["S-1-5-21-500-500-500-501", false, true, true],
  ["S-1-5-21-1-2-3-500", false, false, true],
  // Of the cloud, and of an authority whose numbers mean something else.
  ["S-1-12-1-1-2-3-4", false, true, true],
  ["S-1-12-18-1-2", false, true, true],
  // The system's own, a service's, a container's: none has a desktop.
  ["S-1-5-18", false, false, false],
  ["S-1-5-19", false, false, false],
  ["S-1-5-20", false, false, false],
  ["S-1-5-80-1-2-3-4-5", false, false, false],
  ["S-1-5-93-2-1", false, false, false],
  ["S-1-5-111-1", false, false, false],
  ["S-1-5-112-1", false, true, true],
  // Cannot be told.
  [null, false, true, true],
];

Deno.test("isElevated: two tokens are told by their type, one by its level, the policy and its user", () => {
  const [DEFAULT, FULL, LIMITED] = [1, 2, 3];
  const levels = [0, 0x1000, 0x2000, 0x3000, 0x4000];
  let looked = 0;
  for (const [user, off, on, all] of ONE_TOKEN) {
    for (const EnableLUA of [null, 0, 1]) {
      for (const FilterAdministratorToken of [null, 0, 1]) {
        const policies = { EnableLUA, FilterAdministratorToken };
        const verdict = (type: number, integrity: number) => {
          looked++;
          const facts = { type, integrity, user: () => user };
          return isElevated(facts, (name) => policies[name]);
        };
        const what = JSON.stringify({ user, ...policies });
        const expected = EnableLUA === 0 ? off : FilterAdministratorToken === 1 ? all : on;
        assertEquals(
          levels.map((level) => verdict(DEFAULT, level)),
          [false, false, false, expected, expected],
          what,
        );
        assertEquals(levels.map((level) => verdict(FULL, level)), levels.map(() => true), what);
        assertEquals(levels.map((level) => verdict(LIMITED, level)), levels.map(() => false), what);
      }
    }
  }
  assertEquals(looked, ONE_TOKEN.length * 9 * 15);
});

onWindows("pipeSecurityAttributes gives one structure that is not inherited", () => {
  const attributes = pipeSecurityAttributes();
  const view = new DataView(attributes.buffer);
  assertEquals(view.getUint32(0, true), 24);
  assert(view.getBigUint64(8, true) !== 0n);
  assertEquals(view.getInt32(16, true), 0);
  assert(pipeSecurityAttributes() === attributes);
});
