/** Who may use a pipe, and who made it, as Windows is asked to see to. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type Access, pipeAccess } from "../../lib/ipc/os/windows/access_list.ts";
import { kernel32, validHandle, wide } from "../../lib/ipc/os/windows/kernel32.ts";
import { clientOf, isOwnUser, serverOf, writerOf } from "../../lib/ipc/os/windows/peer_process.ts";
import { OverlappedHandle } from "../../lib/ipc/os/windows/overlapped_handle.ts";
import { openPipe, PipeTransport } from "../../lib/ipc/os/windows/pipe.ts";
import { PipeListener } from "../../lib/ipc/os/windows/pipe_listener.ts";
import {
  currentUserSid,
  ownRights,
  pipeSecurityAttributes,
  policyOf,
} from "../../lib/ipc/os/windows/security.ts";
import { UnknownClientTransport } from "../../lib/ipc/os/windows/pipe_listener.ts";

const WINE = Deno.env.has("WINEPREFIX");
const POLICIES = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System";
const PIPE_ACCESS_DUPLEX_OVERLAPPED = 0x4000_0003;
/** What was asked for, which Windows keeps as {@link FILE_ALL_ACCESS} and Wine as it is. */
const GENERIC_ALL = 0x1000_0000;
const FILE_ALL_ACCESS = 0x1f_01ff;

// The system's libraries are loaded on first use and stay: here, so that no test seems to leak them.
if (Deno.build.os === "windows") pipeSecurityAttributes();

/** A test of what only Windows has. */
function onWindows(name: string, body: (address: string) => Promise<void>): void {
  Deno.test({
    name: `windows pipe: ${name}`,
    ignore: Deno.build.os !== "windows",
    fn: () => body(`\\\\.\\pipe\\NeverLiie_test_${crypto.randomUUID()}`),
  });
}

function open(address: string): OverlappedHandle {
  const handle = validHandle(openPipe(wide(address)));
  assert(handle !== null, "nobody listens");
  return new OverlappedHandle(handle);
}

onWindows("its access list lets in this user and the system, and nobody else", async (address) => {
  const listener = await PipeListener.open(address);
  const client = open(address);
  const access = pipeAccess(client.handle) as Access;
  assertEquals(access.owner, currentUserSid());
  // (Wine keeps the list, as is seen here, and does not enforce it.)
  const all = (rights: number) => rights === GENERIC_ALL || rights === FILE_ALL_ACCESS;
  const entries = access.entries!.map(({ type, rights, sid }) => [sid, type, all(rights)]);
  assertEquals(entries.sort(), [["S-1-5-18", 0, true], [currentUserSid(), 0, true]].sort());
  await Promise.all([client.close(), listener.close()]);
});

onWindows("both ends know each other's process, user and rights", async (address) => {
  const listener = await PipeListener.open(address);
  const client = open(address);
  const server = await listener.accept();
  assert(server instanceof PipeTransport, "the client was known when it connected");
  const { pid, user, rights } = serverOf(client.handle);
  assertEquals([pid, user], [Deno.pid, currentUserSid()]);
  assertEquals([server.peerRights(), rights], [ownRights(), ownRights()]);
  // Wine's programs have the weaker one of two tokens, and a high level all the same.
  if (WINE) assertEquals(rights, { elevated: false, integrity: 0x3000 });
  await Promise.all([client.close(), server.close(), listener.close()]);
});

// deno-lint-ignore require-await -- as the others
onWindows("the policies of User Account Control are read where Windows keeps them", async () => {
  const query = (name: string) =>
    new Deno.Command("reg", { args: ["query", POLICIES, "/v", name] });
  for (const name of ["EnableLUA", "FilterAdministratorToken"]) {
    const { stdout } = query(name).outputSync();
    const value = /REG_DWORD\s+0x([0-9a-f]+)/i.exec(new TextDecoder().decode(stdout))?.[1];
    assertEquals(policyOf(name), value === undefined ? null : parseInt(value, 16), name);
  }
  if (WINE) assertEquals([policyOf("EnableLUA"), policyOf("NoSuchPolicy")], [1, null]);
});

onWindows("a client shows who it is by what it wrote", async (address) => {
  const server = new OverlappedHandle(
    validHandle(
      kernel32().CreateNamedPipeW(
        wide(address),
        PIPE_ACCESS_DUPLEX_OVERLAPPED,
        0,
        1,
        0,
        0,
        0,
        pipeSecurityAttributes(),
      ),
    )!,
  );
  const client = open(address);
  assertEquals(clientOf(server.handle).pid, Deno.pid);
  const writer = new PipeTransport(address, client);
  const reader = new UnknownClientTransport(address, server);
  const [bytes] = await Promise.all([reader.read(), writer.write(new Uint8Array([7]))]);
  assertEquals(bytes, new Uint8Array([7]));
  assert(isOwnUser(writerOf(server.handle)));
  await Promise.all([writer.close(), reader.close()]);
});

onWindows("a name that another process took first is refused by who took it", async (address) => {
  // As a squatter would make it: no list of its own, so that the user's default one applies.
  const squatter = validHandle(
    kernel32().CreateNamedPipeW(wide(address), PIPE_ACCESS_DUPLEX_OVERLAPPED, 0, 2, 0, 0, 0, null),
  );
  assert(squatter !== null);
  const { message } = await assertRejects(
    () => PipeListener.open(address),
    Deno.errors.AddrInUse,
    address,
  );
  assertMatch(message, new RegExp(`process ${Deno.pid} of user "S-1-.*made a pipe of this name`));
  kernel32().CloseHandle(squatter);
  // Gone with its maker: then the name is free.
  await (await PipeListener.open(address)).close();
});
