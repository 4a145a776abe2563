/**
 * Lines about pipes: what Windows must see to, and Wine does not.
 *
 * @module
 */
import { advapi32, SDDL_REVISION_1 } from "../../lib/ipc/os/windows/advapi32.ts";
import {
  DWORD,
  dwordIn,
  FILE_FLAG_FIRST_PIPE_INSTANCE,
  FILE_FLAG_OVERLAPPED,
  type Handle,
  kernel32,
  memory,
  PIPE_ACCESS_DUPLEX,
  PIPE_UNLIMITED_INSTANCES,
  pointerIn,
  PVOID,
  validHandle,
  wide,
} from "../../lib/ipc/os/windows/kernel32.ts";
import {
  openThreadToken,
  pipeSecurityAttributes,
  securityAttributes,
} from "../../lib/ipc/os/windows/security.ts";
import { describeError, systemError } from "../../lib/ipc/os/windows/win32_error.ts";
import { PipeListener } from "../../lib/ipc/os/windows/pipe_listener.ts";
import { OverlappedHandle } from "../../lib/ipc/os/windows/overlapped_handle.ts";
import { openPipe, PipeTransport } from "../../lib/ipc/os/windows/pipe.ts";
import type { Line } from "./line.ts";
import { asAnotherUser } from "./other_user.ts";

const TokenImpersonationLevel = 9;

/** Lets everybody do everything, and nobody who is below it. */
const EVERYBODY = "D:(A;;GA;;;WD)";

/** What the four levels are called, from 0. */
const LEVELS = ["anonymous", "identify", "impersonate", "delegate"];

export const PIPE_LINES: readonly Line[] = [
  {
    id: "first-instance",
    prints: "the first: made; a second first one: access denied (5)",
    wine: "the first: made; a second first one: made",
    run() {
      const name = uniqueName();
      const first = makePipe(name, FILE_FLAG_FIRST_PIPE_INSTANCE, pipeSecurityAttributes());
      const second = makePipe(name, FILE_FLAG_FIRST_PIPE_INSTANCE, pipeSecurityAttributes());
      const told = `the first: ${outcome(first, "made")}; a second first one: ` +
        outcome(second, "made");
      close(first, second);
      return told;
    },
  },
  {
    id: "access-list",
    prints: "another user: access denied (5); at a pipe for everybody: let in",
    wine: "another user: let in; at a pipe for everybody: let in",
    async run() {
      const both = (ours: string, open: string) => asAnotherUser(() => [dial(ours), dial(open)]);
      const [refused, entered] = await beside(attributesOf(EVERYBODY), both);
      return `another user: ${refused}; at a pipe for everybody: ${entered}`;
    },
  },
  {
    id: "remote",
    prints: "from another machine: access denied (5); at a pipe that allows it: let in",
    wine: "from another machine: path not found (3); at a pipe that allows it: path not found (3)",
    async run() {
      // By the machine's own address it comes over the network, as from elsewhere.
      const far = (name: string) => dial(name.replace("\\\\.\\", "\\\\127.0.0.1\\"));
      const both = (ours: string, open: string) => [far(ours), far(open)];
      const [refused, entered] = await beside(pipeSecurityAttributes(), both);
      return `from another machine: ${refused}; at a pipe that allows it: ${entered}`;
    },
  },
  {
    id: "identification",
    prints: "what a server may do with its client: identify",
    wine: "what a server may do with its client: impersonate",
    async run() {
      const name = uniqueName();
      const server = makePipe(name, FILE_FLAG_OVERLAPPED, pipeSecurityAttributes());
      const client = dial(name);
      for (const end of [server, client]) {
        if (typeof end === "number") throw systemError("Cannot make a pipe", end);
      }
      const level = await levelOfClient(server as Handle, client as Handle);
      return `what a server may do with its client: ${LEVELS[level] ?? level}`;
    },
  },
];

/**
 * What comes of dialling a pipe of the mesh, and one that is as open as `security` makes it: where
 * nobody gets into that one either, something else than the mesh's own pipe is the reason.
 */
async function beside(
  security: Uint8Array<ArrayBuffer>,
  both: (ours: string, open: string) => Outcome[],
): Promise<string[]> {
  const name = uniqueName();
  const listener = await PipeListener.open(name);
  const open = uniqueName();
  const other = makePipe(open, 0, security);
  const dialled = both(name, open);
  const told = dialled.map((one) => outcome(one, "let in"));
  close(...dialled, other);
  await listener.close();
  return told;
}

function uniqueName(): string {
  return `\\\\.\\pipe\\NeverLiie_checklist_${crypto.randomUUID()}`;
}

type Outcome = Handle | number;

/** An instance, or an error code. */
function makePipe(name: string, flags: number, security: Uint8Array<ArrayBuffer>): Outcome {
  const handle = validHandle(
    kernel32().CreateNamedPipeW(
      wide(name),
      PIPE_ACCESS_DUPLEX | flags,
      0,
      PIPE_UNLIMITED_INSTANCES,
      0,
      0,
      0,
      security,
    ),
  );
  return handle ?? kernel32().GetLastError();
}

/** The client's end of a pipe, as the mesh opens it, or an error code. */
function dial(name: string): Outcome {
  return validHandle(openPipe(wide(name))) ?? kernel32().GetLastError();
}

function outcome(one: Outcome, success: string): string {
  return typeof one === "number" ? describeError(one) : success;
}

function close(...handles: Outcome[]): void {
  for (const handle of handles) if (typeof handle !== "number") kernel32().CloseHandle(handle);
}

/** SECURITY_ATTRIBUTES by a descriptor's text. The descriptor stays as long as the process. */
function attributesOf(text: string): Uint8Array<ArrayBuffer> {
  const descriptor = memory(PVOID.sizeof);
  const { ConvertStringSecurityDescriptorToSecurityDescriptorW: convert } = advapi32();
  if (convert(wide(text), SDDL_REVISION_1, descriptor, null) === 0) {
    throw systemError("Cannot build a security descriptor", kernel32().GetLastError());
  }
  return securityAttributes(pointerIn(descriptor), false);
}

/** The level at which a server can act as its client, once that has written something. */
async function levelOfClient(server: Handle, client: Handle): Promise<number> {
  const reader = new PipeTransport("the server's end", new OverlappedHandle(server));
  const writer = new PipeTransport("the client's end", new OverlappedHandle(client));
  try {
    await Promise.all([writer.write(memory(1)), reader.read()]);
    if (advapi32().ImpersonateNamedPipeClient(server) === 0) throw failure("act as a client");
    const token = openThreadToken();
    advapi32().RevertToSelf();
    if (token === null) throw failure("open a client's token");
    const level = memory(DWORD.sizeof);
    const read = advapi32()
      .GetTokenInformation(
        token,
        TokenImpersonationLevel,
        level,
        level.length,
        memory(DWORD.sizeof),
      );
    kernel32().CloseHandle(token);
    if (read === 0) throw failure("read the level of a token");
    return dwordIn(level);
  } finally {
    await Promise.all([writer.close(), reader.close()]);
  }
}

function failure(action: string): Error {
  return systemError(`Cannot ${action}`, kernel32().GetLastError());
}
