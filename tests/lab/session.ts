/**
 * A session in the lab: a private mount and process namespace with the checkout in it, and a Wine
 * prefix of its own. wineserver opens files on behalf of its programs, so all programs of one run
 * must live in the namespace that it was started in.
 *
 * @module
 */
import { basename, join } from "@std/path";
import type { Lab } from "./lab.ts";

/** Where a session sees the checkout. */
export const CHECKOUT_IN_LAB = "/checkout";
/** Where a session sees the lab's folder. */
export const LAB_IN_LAB = "/lab";

/**
 * The first process of the namespace. It lives as long as its stdin does, so that nothing outlives
 * a run that was killed: with it, the system ends every process of the namespace and undoes the
 * mounts. Arguments: the chroot, the lab's folder, the checkout, the prefix's name, and the
 * template's. wineserver writes into a registry file that has several links instead of replacing
 * it, so the copy of the prefix shares everything with the template but those.
 */
const INIT = `set -e
cd /
mount -t tmpfs tmpfs "$0/tmp"
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
mount --rbind /sys "$0/sys"
mkdir -p "$0${LAB_IN_LAB}" "$0${CHECKOUT_IN_LAB}" "$0/prefixes"
mount --bind "$1" "$0${LAB_IN_LAB}"
mount --bind "$2" "$0${CHECKOUT_IN_LAB}"
prefix="$0/prefixes/$3"
if [ "$3" != "$4" ]; then
  cp -al "$0/prefixes/$4" "$prefix"
  for file in "$prefix"/*.reg; do cp "$file" "$file.own"; mv "$file.own" "$file"; done
fi
echo ready
cat >/dev/null || true
chroot "$0" env WINEPREFIX="/prefixes/$3" wineserver -k 2>/dev/null || true
[ "$3" = "$4" ] || rm -rf "$prefix"
`;

/** What a command in the lab runs with. */
export interface CommandOptions {
  /** A path inside the lab; the checkout unless given. */
  cwd?: string;
  env?: Record<string, string>;
  stdout?: "piped" | "inherit" | "null";
  stderr?: "piped" | "inherit" | "null";
}

/** One session; disposing of it ends every program that it started. */
export class LabSession implements AsyncDisposable {
  readonly #lab: Lab;
  readonly #init: Deno.ChildProcess;
  readonly #prefix: string;

  private constructor(lab: Lab, init: Deno.ChildProcess, prefix: string) {
    this.#lab = lab;
    this.#init = init;
    this.#prefix = prefix;
  }

  /**
   * Enters the lab with the checkout at {@linkcode CHECKOUT_IN_LAB}. `prefix` is for making the
   * template itself; a session has a copy of it unless told.
   *
   * @throws {Error} where the system refuses the namespace or a mount
   */
  static async enter(
    lab: Lab,
    checkout: string,
    prefix = `run-${crypto.randomUUID()}`,
  ): Promise<LabSession> {
    const init = new Deno.Command("unshare", {
      args: ["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", INIT]
        .concat(lab.chroot, lab.folder, checkout, prefix, basename(lab.prefix)),
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = init.stdout.getReader();
    const { done } = await reader.read();
    await reader.cancel();
    if (done) {
      const { code } = await init.status;
      await init.stdin.abort();
      throw new Error(
        `Cannot enter the lab in "${lab.folder}": unshare and mount ended with code ${code}; ` +
          "run as root, on a system that allows mount namespaces",
      );
    }
    return new LabSession(lab, init, prefix);
  }

  /** A command that runs in the lab. Nothing of this process's environment is handed on. */
  command(argv: readonly string[], options: CommandOptions = {}): Deno.Command {
    const { cwd = CHECKOUT_IN_LAB, env = {}, stdout = "piped", stderr = "piped" } = options;
    const namespaces = `/proc/${this.#init.pid}/ns`;
    const variables = Object.entries({
      HOME: "/root",
      LANG: "C.UTF-8",
      // without one, Wine complains on the stderr of every program
      XDG_RUNTIME_DIR: "/tmp",
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      WINEDEBUG: "-all",
      WINEPREFIX: `/prefixes/${this.#prefix}`,
      ...env,
    }).map(([name, value]) => `${name}=${value}`);
    return new Deno.Command("nsenter", {
      args: [`--mount=${namespaces}/mnt`, `--pid=${namespaces}/pid_for_children`]
        .concat("chroot", this.#lab.chroot, "env", "-i", ...variables)
        .concat("sh", "-c", 'cd "$0" && exec "$@"', cwd, argv),
      stdin: "null",
      stdout,
      stderr,
    });
  }

  /** A command of Windows, given by a path that {@linkcode windowsPath} could translate. */
  wine(argv: readonly string[], options: CommandOptions = {}): Deno.Command {
    return this.command(["wine", ...argv], options);
  }

  /** Ends wineserver and every program of the session. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#init.stdin.close();
    await this.#init.status;
  }
}

/** How programs of Windows see a path of the lab. */
export function windowsPath(path: string): string {
  return `Z:${path.replaceAll("/", "\\")}`;
}

/** How a session sees a path below the lab's folder. */
export function pathInLab(lab: Lab, path: string): string {
  if (!path.startsWith(`${lab.folder}/`)) {
    throw new RangeError(`Cannot show "${path}" in the lab: it is not below "${lab.folder}"`);
  }
  return join(LAB_IN_LAB, path.slice(lab.folder.length));
}
