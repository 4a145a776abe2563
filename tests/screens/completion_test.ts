/** Completion by Tab, in bash, zsh and fish themselves, in a real terminal. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { meshTest, suiteCommand, type TestMesh } from "../support/mesh/mesh.ts";
import { Terminal } from "../support/screens/tmux.ts";

/** How each shell is started so that it reads the script, twice, and nothing of this machine's user. */
const SHELLS: Readonly<
  Record<string, { needs: string; start(script: string, folder: string): string[] }>
> = {
  bash: {
    needs: "/usr/share/bash-completion/bash_completion",
    start(script, folder) {
      const rc = join(folder, "rc");
      const library = this.needs;
      Deno.writeTextFileSync(rc, `PS1='page> '\n. ${library}\n. '${script}'\n. '${script}'\n`);
      return ["bash", "--rcfile", rc, "-i"];
    },
  },
  zsh: {
    needs: "/usr/bin/zsh",
    start(script, folder) {
      const rc =
        `PS1='page> '\nautoload -U compinit && compinit -u -D\n. '${script}'\n. '${script}'\n`;
      Deno.writeTextFileSync(join(folder, ".zshrc"), rc);
      return ["env", `ZDOTDIR=${folder}`, "zsh", "-d", "-i"];
    },
  },
  fish: {
    needs: "/usr/bin/fish",
    start(script) {
      const prompt = "function fish_prompt; printf 'page> '; end; set -g fish_greeting";
      return [
        "fish",
        "--no-config",
        "-i",
        "-C",
        `${prompt}; source '${script}'; source '${script}'`,
      ];
    },
  },
};

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

async function completesByTab(mesh: TestMesh, shell: string): Promise<void> {
  await mesh.register();
  await mesh.ipc.wake("fixture");
  const folder = join(mesh.home, "shell");
  Deno.mkdirSync(folder);
  const script = join(folder, "completion");
  const { stdout } = await mesh.run([...suiteCommand("neverliie"), "completion", shell]);
  Deno.writeTextFileSync(script, stdout);
  await using terminal = await Terminal.open(SHELLS[shell]!.start(script, folder), {
    columns: 120,
    // fish hands the umlaut in the home's path on as two other letters where it is told no locale.
    env: {
      NEVERLIIE_HOME: mesh.home,
      HOME: folder,
      XDG_CONFIG_HOME: folder,
      LC_ALL: "C.UTF-8",
    },
    // Nowhere near the program: it is found all the same.
    cwd: folder,
  });
  await terminal.until("page>");
  // Neither reading of the script had anything to say.
  assertEquals((await terminal.lines()).filter((line) => line.trim() !== ""), ["page>"]);
  await terminal.type("neverliie str");
  await completes(terminal, "page> neverliie stream");
  await terminal.type("fixt");
  await completes(terminal, "page> neverliie stream fixture");
  await terminal.type("wait_af");
  await completes(terminal, "page> neverliie stream fixture wait_after_one");
  // A line is completed, not run. ("C-u" empties it.)
  await terminal.press("C-u");
  await terminal.type("neverliie stop $(touch${IFS}pwned) fixt");
  await completes(terminal, "pwned) fixture");
  await terminal.press("C-u");
  await terminal.type("neverliie call fixt");
  await completes(terminal, "page> neverliie call fixture");
  assertEquals(isThere(join(folder, "pwned")), false);
}

/** Presses Tab, and again as a person would where a busy machine let the first one go by. */
async function completes(terminal: Terminal, shown: string): Promise<void> {
  for (let press = 1; press <= 3; press++) {
    await terminal.press("Tab");
    for (const deadline = performance.now() + 8_000; performance.now() < deadline;) {
      if ((await terminal.lines()).some((line) => line.includes(shown))) return;
    }
  }
  await terminal.until(shown);
}

if (Deno.build.os === "linux") {
  for (const [shell, { needs }] of Object.entries(SHELLS)) {
    if (isThere(needs)) {
      meshTest(`Tab completes commands, apps and methods in ${shell}`, (mesh) => {
        return completesByTab(mesh, shell);
      });
    } else {
      Deno.test.ignore(
        `Tab completes in ${shell} (left out: "${needs}" is not installed)`,
        () => {},
      );
    }
  }
}
