/**
 * A user's desk to install on: folders of its own, what is installed from, and what is there.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { basename, dirname, join } from "@std/path";
import { readManifest, sha256OfFile, writeManifest } from "../../../apps/manifest.ts";
import { VERSION } from "../../../apps/version.ts";
import { isThere } from "../../../lib/system/working_folder.ts";
import { executable, EXECUTABLES, type TestMesh, until, WINDOWS } from "./mesh.ts";

/** One user's folders, and a folder to install from. */
export class Desk {
  readonly mesh: TestMesh;
  readonly user: string;
  readonly source: string;

  constructor(mesh: TestMesh) {
    this.mesh = mesh;
    this.user = join(dirname(mesh.home), `user of ${basename(mesh.home)}`);
    this.source = join(this.user, "unpacked");
    Deno.mkdirSync(this.#temporary, { recursive: true });
  }

  /** With characters that the name of an account may have, and Windows' shell does not bear. */
  get #temporary(): string {
    return join(this.user, "tmp of & (a) @b^c");
  }

  /** The variables by which a program finds the user's places. */
  get env(): Record<string, string> {
    const { user } = this;
    return WINDOWS
      ? {
        ...{ USERPROFILE: user, APPDATA: join(user, "Roaming") },
        ...{ LOCALAPPDATA: join(user, "Local"), TEMP: this.#temporary, TMP: this.#temporary },
      }
      : {
        ...{ HOME: user, XDG_DATA_HOME: join(user, "data"), XDG_CONFIG_HOME: join(user, "config") },
        TMPDIR: this.#temporary,
      };
  }

  /** Where the programs go. */
  get root(): string {
    return WINDOWS
      ? join(this.user, "Local", "Programs", "NeverLiie")
      : join(this.user, "data", "neverliie");
  }

  /** The installed executable of a program. */
  installed(name: string): string {
    return join(this.root, basename(executable(name)));
  }

  /** Makes a folder with programs that were built each by itself, and their manifest. */
  async unpack(
    folder: string,
    programs: Record<string, string>,
    version: string = VERSION,
  ): Promise<string> {
    await Deno.mkdir(folder, { recursive: true });
    const manifest = (await readManifest(EXECUTABLES!))!;
    const { names: _, ...built } = manifest.programs[0]!;
    const chosen = [];
    for (const [name, from] of Object.entries(programs)) {
      const file = basename(executable(name));
      await Deno.copyFile(from, join(folder, file));
      chosen.push({ ...built, name, file, sha256: await sha256OfFile(from) });
    }
    await writeManifest(folder, { ...manifest, version, programs: chosen });
    return folder;
  }

  /** Makes a folder with the suite as an archive holds it: the executable once. */
  async unpackSuite(folder: string, built: string = EXECUTABLES!): Promise<string> {
    await Deno.mkdir(folder, { recursive: true });
    const manifest = (await readManifest(built))!;
    for (const { file } of manifest.programs) {
      await Deno.copyFile(join(built, file), join(folder, file));
    }
    await writeManifest(folder, manifest);
    return folder;
  }

  run(command: string[]) {
    return this.mesh.run(command, { env: this.env });
  }

  spawn(command: string[]): Deno.ChildProcess {
    return this.mesh.spawn(command, { env: this.env });
  }

  /** Installs the suite. */
  async install(): Promise<void> {
    await this.unpackSuite(this.source);
    const { code, stderr } = await this.run([
      join(this.source, basename(executable("neverliie"))),
      "install",
    ]);
    assertEquals([code, stderr], [0, ""]);
  }

  async uninstall(): Promise<string> {
    const { code, stdout, stderr } = await this.run([this.installed("neverliie"), "uninstall"]);
    assertEquals([code, stderr], [0, ""]);
    // On Windows the shell removes the programs a moment after this one's end, and then its script.
    await until(() =>
      !isThere(this.root) && !tree(this.user).some((path) => path.endsWith(".cmd"))
    );
    return stdout;
  }

  [Symbol.dispose](): void {
    for (let attempt = 1;; attempt++) {
      try {
        return Deno.removeSync(this.user, { recursive: true });
      } catch (error) {
        // Windows lets go of a program's file a moment after the program has ended.
        if (!WINDOWS || attempt === 100) {
          console.error(error); // what the test itself found is not to be hidden by it
          return;
        }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      }
    }
  }
}

/** The same for all names of a file. Numbers of files on Windows are too long for a number here. */
function identityOf({ ino, mtime }: Deno.FileInfo): string {
  return `${ino} ${mtime?.getTime()}`;
}

/** How many files the installed programs are. */
export function filesOf(desk: Desk): number {
  const names = ["launcher", "neverliie", "scanner", "statusbar", "terminal"];
  const paths = names.map((name) => desk.installed(name)).filter(isThere);
  return new Set(paths.map((path) => identityOf(Deno.statSync(path)))).size;
}

/** What a folder takes, each file once. */
export function bytesOf(folder: string): number {
  const files = new Map<string, number>();
  for (const path of tree(folder).filter((path) => !path.endsWith("/"))) {
    const info = Deno.statSync(join(folder, path));
    files.set(identityOf(info), info.size);
  }
  return [...files.values()].reduce((sum, size) => sum + size, 0);
}

/** Every file, link and folder below a folder, but for the code cache that Deno makes. */
export function tree(folder: string, prefix = ""): string[] {
  return entriesOf(folder).flatMap(({ name, isDirectory }) => {
    if (name.startsWith("deno-compile-")) return [];
    const path = `${prefix}${name}`;
    return isDirectory ? [`${path}/`, ...tree(join(folder, name), `${path}/`)] : [path];
  }).sort();
}

function entriesOf(folder: string): Pick<Deno.DirEntry, "name" | "isDirectory">[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch (error) {
    // Windows' shell is just removing it: there is something until it has gone.
    const { code } = error as { code?: string };
    if (WINDOWS && (code === "EBUSY" || error instanceof Deno.errors.NotFound)) {
      return [{ name: "(being removed)", isDirectory: false }];
    }
    throw error;
  }
}
