/** A process tree on Windows: a job object. */
import { kernel32 } from "./kernel32.ts";
import { pause } from "./waiting.ts";
import type { ProcessTree } from "./process_tree.ts";

// https://learn.microsoft.com/en-us/windows/win32/api/winnt/ns-winnt-jobobject_extended_limit_information
const JobObjectExtendedLimitInformation = 9;
const JOBOBJECT_EXTENDED_LIMIT_INFORMATION = {
  sizeof: 144,
  "BasicLimitInformation.LimitFlags": 16,
} as const;
const JOB_OBJECT_LIMIT_BREAKAWAY_OK = 0x800;
const JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE = 0x2000;
// https://learn.microsoft.com/en-us/windows/win32/api/winnt/ns-winnt-jobobject_basic_accounting_information
const JobObjectBasicAccountingInformation = 1;
const JOBOBJECT_BASIC_ACCOUNTING_INFORMATION = { sizeof: 48, ActiveProcesses: 40 } as const;

const PROCESS_TERMINATE = 0x0001;
const PROCESS_SET_QUOTA = 0x0100;
const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
const STILL_ACTIVE = 259;

/** How long to wait for terminated processes to be gone, in milliseconds. */
const TERMINATE_WAIT = 5_000;
const POLL = 10;

/**
 * A job that holds one program and all that it starts, but for what is started to leave it
 * (CREATE_BREAKAWAY_FROM_JOB), as programs are that the mesh wakes. It dies with this process.
 * https://learn.microsoft.com/windows/win32/procthread/job-objects
 */
export class JobTree implements ProcessTree {
  #job: Deno.PointerValue;
  #pid: number;

  private constructor(job: Deno.PointerObject, pid: number) {
    this.#job = job;
    this.#pid = pid;
  }

  /** Puts a program that was started just now into a job of its own. */
  static around(child: Pick<Deno.ChildProcess, "pid" | "kill">): JobTree {
    const job = kernel32().CreateJobObjectW(null, null);
    if (job === null) throw failure("create a job object for", child.pid);
    const tree = new JobTree(job, child.pid);
    try {
      tree.#limit(JOB_OBJECT_LIMIT_BREAKAWAY_OK | JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE);
      tree.#assign();
      return tree;
    } catch (error) {
      child.kill("SIGKILL");
      tree.#close();
      throw error;
    }
  }

  async end(): Promise<void> {
    if (this.#job === null) return;
    kernel32().TerminateJobObject(this.#job, 1);
    const deadline = performance.now() + TERMINATE_WAIT;
    let active = this.#active();
    while (active > 0 && performance.now() < deadline) {
      await pause(POLL);
      active = this.#active();
    }
    this.#close();
    if (active > 0) {
      throw new Error(`Cannot end process ${this.#pid}: ${active} of its tree are still there`);
    }
  }

  release(): void {
    if (this.#job === null) return;
    // Without the other limit: closing the job would end what runs on in the background.
    this.#limit(JOB_OBJECT_LIMIT_BREAKAWAY_OK);
    this.#close();
  }

  #assign(): void {
    const { OpenProcess, AssignProcessToJobObject, CloseHandle } = kernel32();
    const access = PROCESS_TERMINATE | PROCESS_SET_QUOTA | PROCESS_QUERY_LIMITED_INFORMATION;
    // The pid cannot mean another process: Deno holds a handle on its child until it is collected.
    const handle = OpenProcess(access, 0, this.#pid);
    if (handle === null) throw failure("open", this.#pid);
    try {
      // A process that has ended already cannot be assigned, and needs not be.
      if (AssignProcessToJobObject(this.#job, handle) === 0) {
        const error = failure("put", this.#pid, " into a job object");
        if (isRunning(handle)) throw error;
      }
    } finally {
      CloseHandle(handle);
    }
  }

  #limit(flags: number): void {
    const layout = JOBOBJECT_EXTENDED_LIMIT_INFORMATION;
    const limits = new Uint8Array(layout.sizeof);
    new DataView(limits.buffer).setUint32(layout["BasicLimitInformation.LimitFlags"], flags, true);
    const kind = JobObjectExtendedLimitInformation;
    if (kernel32().SetInformationJobObject(this.#job, kind, limits, limits.length) === 0) {
      throw failure("limit the job object of", this.#pid);
    }
  }

  #active(): number {
    const layout = JOBOBJECT_BASIC_ACCOUNTING_INFORMATION;
    const figures = new Uint8Array(layout.sizeof);
    const kind = JobObjectBasicAccountingInformation;
    const { QueryInformationJobObject } = kernel32();
    if (QueryInformationJobObject(this.#job, kind, figures, figures.length, null) === 0) return 0;
    return new DataView(figures.buffer).getUint32(layout.ActiveProcesses, true);
  }

  #close(): void {
    kernel32().CloseHandle(this.#job);
    this.#job = null;
  }
}

function isRunning(handle: Deno.PointerObject): boolean {
  const code = new Uint32Array(1);
  return kernel32().GetExitCodeProcess(handle, code) !== 0 && code[0] === STILL_ACTIVE;
}

/** To be called at once after the failed call, before anything else can set the last error. */
function failure(action: string, pid: number, rest = ""): Error {
  const code = kernel32().GetLastError();
  return new Error(`Cannot ${action} process ${pid}${rest}: Windows error ${code}`);
}
