import { assert, assertEquals } from "@std/assert";
import {
  currentUserSid,
  isElevated,
  pipeSecurityAttributes,
  processUserSid,
} from "../../lib/ipc/os/windows/security.ts";

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

onWindows("isElevated answers", () => {
  assertEquals(typeof isElevated(), "boolean");
});

onWindows("pipeSecurityAttributes gives one structure that is not inherited", () => {
  const attributes = pipeSecurityAttributes();
  const view = new DataView(attributes.buffer);
  assertEquals(view.getUint32(0, true), 24);
  assert(view.getBigUint64(8, true) !== 0n);
  assertEquals(view.getInt32(16, true), 0);
  assert(pipeSecurityAttributes() === attributes);
});
