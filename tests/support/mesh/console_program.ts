/**
 * Programs of Windows in a console of their own, and typing on it. A pseudo-console would do, but
 * under Wine nothing typed there arrives; in a plain console it does.
 *
 * @module
 */

import { assert } from "@std/assert";
import { quoteCommandLine } from "../../../lib/ipc/os/windows/command_line.ts";
import { environmentBlock, ownEnvironment } from "../../../lib/ipc/os/windows/environment.ts";
import {
  dwordIn,
  kernel32,
  memory,
  pointerIn,
  wide,
} from "../../../lib/ipc/os/windows/kernel32.ts";
import { CREATE_UNICODE_ENVIRONMENT } from "../../../lib/ipc/os/windows/startup_info.ts";
import { scriptCommand } from "./mesh.ts";

const STARTUPINFO_SIZE = 104;
const PROCESS_INFORMATION_SIZE = 24;
const CREATE_NO_WINDOW = 0x800_0000;

/** A program whose standard input and output are its console. */
export class ConsoleProgram implements Disposable {
  readonly pid: number;
  readonly #process: Deno.PointerObject;

  /** Starts it; what it shows is seen by nobody. */
  constructor(command: readonly string[], env: Readonly<Record<string, string>>) {
    const startup = memory(STARTUPINFO_SIZE);
    new DataView(startup.buffer).setUint32(0, STARTUPINFO_SIZE, true);
    const information = memory(PROCESS_INFORMATION_SIZE);
    const created = kernel32().CreateProcessW(
      null,
      wide(quoteCommandLine(command)),
      null,
      null,
      0,
      CREATE_NO_WINDOW | CREATE_UNICODE_ENVIRONMENT,
      environmentBlock(ownEnvironment(), env),
      wide(Deno.cwd()),
      startup,
      information,
    );
    assert(created !== 0, `error ${kernel32().GetLastError()}`);
    this.#process = pointerIn(information, 0)!;
    kernel32().CloseHandle(pointerIn(information, 8));
    this.pid = dwordIn(information, 16);
  }

  /** Types, by a program that joins the console for that. */
  async type(text: string): Promise<void> {
    const [program, ...args] = scriptCommand("tests/support/mesh/console_keys.ts");
    const { success, stderr } = await new Deno.Command(program!, {
      // As JSON: a command line cannot carry half a character.
      args: [...args, String(this.pid), JSON.stringify(text)],
      stdin: "null",
      stdout: "null",
    }).output();
    assert(success, new TextDecoder().decode(stderr));
  }

  /** The exit code; null while it runs. */
  get exitCode(): number | null {
    if (kernel32().WaitForSingleObject(this.#process, 0) !== 0) return null;
    const code = memory(4);
    assert(kernel32().GetExitCodeProcess(this.#process, code) !== 0);
    return dwordIn(code);
  }

  [Symbol.dispose](): void {
    kernel32().TerminateProcess(this.#process, 1);
    kernel32().CloseHandle(this.#process);
  }
}
