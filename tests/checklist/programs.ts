/**
 * Lines about Windows' own programs: PowerShell and the shell read what the suite writes.
 *
 * @module
 */
import { join } from "@std/path";
import type { ScanStep } from "../../apps/scanner/contract.ts";
import type { Notice } from "../../apps/statusbar/contract.ts";
import { writeShortcut } from "../../lib/desktop/windows/shortcut.ts";
import { CpuMeter } from "../../lib/system/cpu.ts";
import { readWindowsTraffic } from "../../lib/system/network_windows.ts";
import { suiteCommand } from "../support/mesh/mesh.ts";
import { CannotTell, type Line } from "./line.ts";

const POWERSHELL_SAYS_NOTHING = "PowerShell says nothing";
const TEXT = "äñ漢";
const ARGUMENTS = '--host "a b"';

export const PROGRAM_LINES: readonly Line[] = [
  {
    id: "completion",
    prints: 'after "neverliie st": stop, stream',
    wine: POWERSHELL_SAYS_NOTHING,
    async run(mesh) {
      const { stdout } = await mesh.run([...suiteCommand("neverliie"), "completion", "powershell"]);
      const script = join(mesh.home, "completion.ps1");
      // With the mark that Windows PowerShell 5 takes for UTF-8.
      await Deno.writeTextFile(script, `\ufeff${stdout}`);
      const text = await powershell(
        `. '${script}'; (TabExpansion2 'neverliie st' 12).CompletionMatches.CompletionText`,
      );
      return text === ""
        ? POWERSHELL_SAYS_NOTHING
        : `after "neverliie st": ${text.split(/\s+/).join(", ")}`;
    },
  },
  {
    id: "shortcut",
    prints: `the shell reads: program deno.exe, arguments ${ARGUMENTS}, folder as given, minimized`,
    wine: POWERSHELL_SAYS_NOTHING,
    async run(mesh) {
      const path = join(mesh.home, "a shortcut.lnk");
      writeShortcut(path, {
        target: Deno.execPath(),
        arguments: ARGUMENTS,
        folder: mesh.home,
        description: "of the checklist",
        minimized: true,
      });
      const text = await powershell(
        `$it = (New-Object -ComObject WScript.Shell).CreateShortcut('${path}'); ` +
          "$it.TargetPath; $it.Arguments; $it.WorkingDirectory; $it.WindowStyle",
      );
      if (text === "") return POWERSHELL_SAYS_NOTHING;
      const [target = "", args, folder = "", style] = text.split(/\r?\n/);
      const program = target.split("\\").at(-1)?.toLowerCase();
      const given = folder.toLowerCase() === mesh.home.toLowerCase() ? "as given" : folder;
      // 7 is minimized, without being brought to the front.
      return `the shell reads: program ${program}, arguments ${args}, folder ${given}, ` +
        (style === "7" ? "minimized" : `style ${style}`);
    },
  },
  {
    id: "figures",
    prints: "processors: told; network: told",
    async run() {
      const meter = new CpuMeter();
      meter.sample();
      await new Promise((resolve) => setTimeout(resolve, 300));
      const percent = meter.sample();
      const traffic = readWindowsTraffic();
      const told = (it: unknown) => it === null ? "not told" : "told";
      return `processors: ${told(percent)}; network: ${told(traffic)}`;
    },
  },
  {
    id: "parameters",
    prints: `PowerShell writes UTF-16; the app gets: <${TEXT}>`,
    wine: POWERSHELL_SAYS_NOTHING,
    async run(mesh) {
      const file = join(mesh.home, "params.json");
      // ">" of Windows PowerShell 5 writes UTF-16 with its mark.
      const text = await powershell(`'{"text": "${TEXT}"}' > '${file}'; (gc '${file}').Length`);
      if (text === "") return POWERSHELL_SAYS_NOTHING;
      const [first, second] = await Deno.readFile(file);
      const wide = first === 0xff && second === 0xfe;
      await mesh.seed();
      const call = ["call", "statusbar", "notify", `@${file}`];
      const { code, stderr } = await mesh.neverliie(...call);
      if (code !== 0) return stderr.trim();
      for await (const [notice] of mesh.ipc.subscribe<Notice[]>("statusbar", "notices")) {
        return `PowerShell writes ${
          wide ? "UTF-16" : "no UTF-16"
        }; the app gets: <${notice?.text}>`;
      }
      return "the status bar tells of no notice";
    },
  },
  {
    id: "disk-use",
    prints: "3 files, 1073741830 bytes long; on disk: less than 1 MiB",
    async run(mesh) {
      await mesh.seed();
      const folder = join(mesh.home, "files");
      await Deno.mkdir(folder);
      const holes = join(folder, "holes");
      await Deno.writeTextFile(holes, "");
      // (Wine's fsutil knows nothing of this; there, files have holes by themselves.)
      await fsutil("sparse", "setflag", holes);
      await Deno.truncate(holes, 1024 ** 3);
      await Deno.writeTextFile(join(folder, "a name"), "6 long");
      await Deno.link(join(folder, "a name"), join(folder, "another name"));
      const steps = mesh.ipc.stream<ScanStep>("scanner", "deep_scan", { folder });
      let last: ScanStep | undefined;
      for await (const step of steps) last = step;
      const { done, bytes, taken } = last!;
      const disk = taken < 1024 ** 2 ? "less than 1 MiB" : `${taken} bytes`;
      return `${done} files, ${bytes} bytes long; on disk: ${disk}`;
    },
  },
];

async function fsutil(...args: readonly string[]): Promise<void> {
  await new Deno.Command("fsutil.exe", { args: [...args], stdin: "null", stdout: "null" }).output();
}

/** What Windows' own PowerShell prints. */
export async function powershell(command: string): Promise<string> {
  try {
    const { stdout } = await new Deno.Command("powershell.exe", {
      args: ["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-Command", command],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).output();
    return new TextDecoder().decode(stdout).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new CannotTell("there is no powershell.exe");
    throw error;
  }
}
