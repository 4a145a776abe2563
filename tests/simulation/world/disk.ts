/**
 * The disk of a simulated machine: folders, files, sockets' names, and the locks on them. It knows
 * no process; system_calls.ts is what processes see of it.
 *
 * @module
 */

const { errors } = Deno;

/** A file, a folder or a socket's name. */
export interface Inode {
  readonly ino: number;
  readonly kind: "file" | "folder" | "socket";
  /** How many names it has: 0 once it was removed. */
  links: number;
  mode: number;
  data: Uint8Array;
  readonly children: Map<string, Inode>;
  /** Those who hold a lock, each an open file of some process. */
  readonly locks: Set<LockHolder>;
  /** Who listens behind a socket's name. */
  readonly listener: unknown;
}

/** An open file that holds a lock. */
export interface LockHolder {
  readonly exclusive: boolean;
}

const EMPTY = new Uint8Array();

/** All files. */
export class Disk {
  readonly #root: Inode = node("folder", 1, 0o755);
  #inodes = 2;
  /** Told of each change of a file's content or name, in the middle of a write, too. */
  onChange: (path: string) => void = () => {};
  /** The error of a write to that path, while the disk under it is full. */
  fault: (path: string) => Error | null = () => null;
  /** The same of a new file: some disks that are full take empty ones, and some do not. */
  creationFault: (path: string) => Error | null = () => null;

  /** What is at `path`; `null` where nothing is. */
  find(path: string): Inode | null {
    let at: Inode = this.#root;
    for (const part of partsOf(path)) {
      const next = at.children.get(part);
      if (next === undefined) return null;
      at = next;
    }
    return at;
  }

  /** The same. @throws {Deno.errors.NotFound} */
  get(path: string, call: string): Inode {
    const found = this.find(path);
    if (found === null) throw notFound(path, call);
    return found;
  }

  /** Makes a folder. */
  makeFolder(path: string, recursive: boolean, mode: number): void {
    const { folder, name } = this.#place(path, "mkdir", recursive);
    const present = folder.children.get(name);
    if (present !== undefined) {
      if (recursive && present.kind === "folder") return;
      throw coded(new errors.AlreadyExists(`File exists (os error 17): mkdir '${path}'`), "EEXIST");
    }
    folder.children.set(name, node("folder", this.#inodes++, mode));
  }

  /** The file at `path`, made where that is asked for. */
  open(path: string, { create = false, truncate = false, mode = 0o644 }: Deno.OpenOptions): Inode {
    const { folder, name } = this.#place(path, "open", false);
    let file = folder.children.get(name);
    if (file === undefined) {
      if (!create) throw notFound(path, "open");
      const fault = this.creationFault(path);
      if (fault !== null) throw fault;
      file = node("file", this.#inodes++, mode ?? 0o644);
      folder.children.set(name, file);
      this.onChange(path);
    } else if (truncate && file.data.length > 0) {
      file.data = EMPTY;
      this.onChange(path);
    }
    return file;
  }

  /** Gives a listener's name to the disk. @throws {Deno.errors.AddrInUse} */
  bind(path: string, listener: unknown): Inode {
    const { folder, name } = this.#place(path, "bind", false);
    if (folder.children.has(name)) {
      throw coded(new errors.AddrInUse("Address already in use (os error 98)"), "EADDRINUSE");
    }
    const socket = node("socket", this.#inodes++, 0o755, listener);
    folder.children.set(name, socket);
    return socket;
  }

  /** Sets a file's content from an offset on. @throws {Error} where the disk is full */
  write(path: string, file: Inode, at: number, bytes: Uint8Array): void {
    const end = at + bytes.length;
    if (end > file.data.length) {
      const fault = this.fault(path);
      if (fault !== null) throw fault;
      const grown = new Uint8Array(end);
      grown.set(file.data);
      file.data = grown;
    }
    file.data.set(bytes, at);
    this.onChange(path);
  }

  /** Cuts a file off at a length. */
  truncate(path: string, length: number): void {
    const file = this.get(path, "truncate");
    file.data = file.data.slice(0, length);
    this.onChange(path);
  }

  /** Removes a name. @throws {Deno.errors.NotFound} */
  remove(path: string): void {
    const { folder, name } = this.#place(path, "remove", false);
    const found = folder.children.get(name);
    if (found === undefined) throw notFound(path, "remove");
    if (found.children.size > 0) {
      throw coded(new Error(`Directory not empty (os error 39): remove '${path}'`), "ENOTEMPTY");
    }
    folder.children.delete(name);
    found.links--;
    this.onChange(path);
  }

  /** Gives what is at one path the name of another, in place of what had it. */
  rename(from: string, to: string): void {
    const source = this.#place(from, "rename", false);
    const moved = source.folder.children.get(source.name);
    if (moved === undefined) throw notFound(from, "rename");
    const target = this.#place(to, "rename", false);
    const before = target.folder.children.get(target.name);
    source.folder.children.delete(source.name);
    if (before !== undefined) before.links--;
    target.folder.children.set(target.name, moved);
    this.onChange(to);
  }

  /** Every path below a folder, those of folders after what is in them. */
  *below(path: string): Generator<string> {
    for (const [name, child] of [...this.find(path)?.children ?? []]) {
      if (child.kind === "folder") yield* this.below(`${path}/${name}`);
      yield `${path}/${name}`;
    }
  }

  #place(path: string, call: string, make: boolean): { folder: Inode; name: string } {
    const parts = partsOf(path);
    const name = parts.at(-1);
    if (name === undefined) throw new Error(`Cannot ${call} the root`);
    let folder = this.#root;
    for (let i = 0; i < parts.length - 1; i++) {
      const part = parts[i]!;
      let next = folder.children.get(part);
      if (next === undefined) {
        if (!make) throw notFound(path, call);
        next = node("folder", this.#inodes++, 0o700);
        folder.children.set(part, next);
      }
      folder = next;
    }
    return { folder, name };
  }
}

function node(kind: Inode["kind"], ino: number, mode: number, listener: unknown = null): Inode {
  const [children, locks] = [new Map<string, Inode>(), new Set<LockHolder>()];
  return { ino, kind, links: 1, mode, data: EMPTY, children, locks, listener };
}

/** The parts of paths that were looked for before: there are few. */
const known = new Map<string, readonly string[]>();

function partsOf(path: string): readonly string[] {
  let parts = known.get(path);
  if (parts === undefined) {
    parts = path.split("/").filter((part) => part !== "" && part !== ".");
    if (known.size > 1_000) known.clear();
    known.set(path, parts);
  }
  return parts;
}

/** An error as Deno gives it: with the system's code. */
export function coded<E extends Error>(error: E, code: string): E {
  return Object.assign(error, { code });
}

function notFound(path: string, call: string): Error {
  const message = `No such file or directory (os error 2): ${call} '${path}'`;
  return coded(new errors.NotFound(message), "ENOENT");
}
