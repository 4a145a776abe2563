/**
 * Paths of files as the two families of systems write them. `@std/path` gives the same answers, from
 * 73 files that every start of a program would wait for: docs/decisions/0041-own-paths.md.
 *
 * @module
 */

/** How one family of systems writes paths. */
interface Syntax {
  /** The character between the parts. */
  readonly separator: "/" | "\\";
  /** What separates the folders of PATH. */
  readonly delimiter: ":" | ";";
  /** Whether two parts name the same. */
  same(a: string, b: string): boolean;
  isSeparator(character: string | undefined): boolean;
  /** The drive or share that a path begins with, and whether what follows begins at its root. */
  root(path: string): Root;
}

interface Root {
  /** `C:` or `\\server\share`; empty where the path names none. */
  device: string;
  /** How many characters of the path the device takes. */
  length: number;
  absolute: boolean;
}

const unix: Syntax = {
  separator: "/",
  delimiter: ":",
  same: (a, b) => a === b,
  isSeparator: (character) => character === "/",
  root: (path) => ({ device: "", length: 0, absolute: path.startsWith("/") }),
};

/** `\\server\share`, however many and whichever slashes stand between the two. */
const SHARE = /^[\\/]{2}([^\\/]+)[\\/]+([^\\/]+)/;
const DRIVE = /^[a-z]:/i;

/** https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const windows: Syntax = {
  separator: "\\",
  delimiter: ";",
  same: (a, b) => a.toLowerCase() === b.toLowerCase(),
  isSeparator: (character) => character === "\\" || character === "/",
  root(path) {
    const share = SHARE.exec(path);
    if (share !== null) {
      const [{ length }, server, name] = share;
      return { device: `\\\\${server}\\${name}`, length, absolute: true };
    }
    // `C:a` is in the current folder of that drive, `\a` on the current drive.
    const device = DRIVE.exec(path)?.[0] ?? "";
    const { length } = device;
    return { device, length, absolute: windows.isSeparator(path[length]) };
  },
};

/** Functions on paths of one family of systems. Only {@link resolve} and {@link same} look at it. */
export class Paths {
  /** The character between the parts of a path. */
  readonly separator: "/" | "\\";
  /** What separates the folders of PATH. */
  readonly delimiter: ":" | ";";
  readonly #syntax: Syntax;

  constructor(syntax: Syntax) {
    this.#syntax = syntax;
    this.separator = syntax.separator;
    this.delimiter = syntax.delimiter;
  }

  /** Whether it begins at a root. */
  readonly isAbsolute = (path: string): boolean => this.#syntax.root(path).absolute;

  /** Follows `.` and `..`, and writes separators as the system does. */
  readonly normalize = (path: string): string => {
    const { device, length, absolute } = this.#syntax.root(path);
    let tail = this.#follow(path.slice(length), absolute).join(this.separator);
    if (tail === "" && !absolute) tail = ".";
    if (tail !== "" && this.#syntax.isSeparator(path[Math.max(length, path.length - 1)])) {
      tail += this.separator;
    }
    return device + (absolute ? this.separator : "") + tail;
  };

  /** Puts the parts after each other, and normalizes. */
  readonly join = (...paths: string[]): string => {
    const parts = paths.filter((path) => path !== "");
    const [first = ""] = parts;
    const joined = parts.join(this.separator);
    // Separators at the beginning name a share only where the first part does by itself.
    const isShare = /^[\\/]{2}[^\\/]/.test(first);
    return this.normalize(
      this.separator === "\\" && !isShare ? joined.replace(/^[\\/]{2,}/, "\\") : joined,
    );
  };

  /** The absolute path reached by following the paths from the working directory. */
  readonly resolve = (...paths: string[]): string => {
    const { root, same } = this.#syntax;
    let device = "";
    let tail = "";
    let absolute = false;
    for (let i = paths.length - 1; i >= -1 && !(absolute && this.#isWhole(device)); i--) {
      let path = i >= 0 ? paths[i]! : Deno.cwd();
      if (path === "") continue;
      let found = root(path);
      // Each drive has a current folder of its own, which only the current one's is known of.
      if (i < 0 && device !== "" && !same(found.device, device)) {
        path = device + this.separator;
        found = root(path);
      }
      if (found.device !== "" && device !== "" && !same(found.device, device)) continue;
      if (device === "") device = found.device;
      if (absolute) continue;
      tail = path.slice(found.length) + this.separator + tail;
      absolute = found.absolute;
    }
    const followed = this.#follow(tail, absolute).join(this.separator);
    return device + (absolute ? this.separator : "") + followed || ".";
  };

  /**
   * Whether two paths lead to the same place, through links and, where the system does so, in other
   * letters: Windows tells a program's path as it was typed. What is not there has its name alone.
   */
  readonly same = (a: string, b: string): boolean =>
    a === b || this.#syntax.same(this.#real(this.resolve(a)), this.#real(this.resolve(b)));

  /** The path without links, as far as it is there. */
  #real(path: string): string {
    try {
      return Deno.realPathSync(path);
    } catch (error) {
      const above = this.dirname(path);
      const gone = error instanceof Deno.errors.NotFound && above !== path;
      return !gone ? path : this.join(this.#real(above), this.basename(path));
    }
  }

  /** Everything before the last part. */
  readonly dirname = (path: string): string => {
    const { length, absolute } = this.#syntax.root(path);
    const root = length + (absolute && length < path.length ? 1 : 0);
    const part = this.#lastPart(path, root);
    const end = this.#beforeSeparators(path, part.start, root);
    return path.slice(0, end) || ".";
  };

  /** The last part, without `suffix` where it ends so; of a root, its separator. */
  readonly basename = (path: string, suffix = ""): string => {
    const { device, length } = this.#syntax.root(path);
    const from = device.endsWith(":") ? length : 0;
    const { start, end } = this.#lastPart(path, from);
    if (start === end) return path.slice(from, from + 1);
    const name = path.slice(start, end);
    const cut = suffix !== "" && suffix.length < name.length && name.endsWith(suffix);
    return cut ? name.slice(0, -suffix.length) : name;
  };

  /** The extension of the last part with its dot, or "". */
  readonly extname = (path: string): string => {
    const name = this.basename(path);
    const dot = name.lastIndexOf(".");
    return dot <= 0 || name === ".." ? "" : name.slice(dot);
  };

  /** The path that leads from one path to the other; the other itself where none does. */
  readonly relative = (from: string, to: string): string => {
    const start = this.resolve(from);
    const end = this.resolve(to);
    const parts = (path: string) => path.split(this.separator).filter((part) => part !== "");
    const [up, down] = [parts(start), parts(end)];
    let common = 0;
    while (common < up.length && common < down.length) {
      if (!this.#syntax.same(up[common]!, down[common]!)) break;
      common++;
    }
    if (common === 0 && this.separator === "\\" && start !== end) return end;
    return [...up.slice(common).map(() => ".."), ...down.slice(common)].join(this.separator);
  };

  /**
   * The path of a `file:` URL.
   *
   * @throws {TypeError} where the URL is of another scheme
   */
  readonly fromFileUrl = (url: string | URL): string => {
    const { protocol, pathname, hostname } = new URL(url);
    if (protocol !== "file:") {
      throw new TypeError(`URL must be a file URL: received "${protocol}"`);
    }
    const slashes = this.separator === "/" ? pathname : pathname.replaceAll("/", "\\");
    const path = decodeURIComponent(slashes.replace(/%(?![0-9a-f]{2})/gi, "%25"));
    if (this.separator === "/") return path;
    const local = path.replace(/^\\*([a-z]:)(\\|$)/i, "$1\\");
    return hostname === "" ? local : `\\\\${hostname}${local}`;
  };

  /**
   * The `file:` URL of an absolute path.
   *
   * @throws {TypeError} where the path is relative
   */
  readonly toFileUrl = (path: string): URL => {
    if (!this.isAbsolute(path)) throw new TypeError(`Path must be absolute: received "${path}"`);
    const parts = this.resolve(path).split(this.separator).map(encodeURIComponent);
    // A share begins with two empty parts; a drive keeps its colon.
    if (this.separator === "/") return new URL(`file://${parts.join("/")}`);
    if (parts[0] === "" && parts[1] === "") return new URL(`file:${parts.join("/")}`);
    return new URL(`file:///${parts.join("/").replace("%3A", ":")}`);
  };

  /** Whether a path from the root of `device` is complete. */
  #isWhole(device: string): boolean {
    return device !== "" || this.separator === "/";
  }

  /** The parts that are left once `.` and `..` were followed. */
  #follow(path: string, absolute: boolean): string[] {
    const parts: string[] = [];
    for (const part of path.split(this.separator === "/" ? "/" : /[\\/]/)) {
      if (part === "" || part === ".") continue;
      if (part !== "..") parts.push(part);
      else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
      else if (!absolute) parts.push("..");
    }
    return parts;
  }

  /** Where the last part lies; nothing behind `from` but separators makes it empty. */
  #lastPart(path: string, from: number): { start: number; end: number } {
    const end = this.#beforeSeparators(path, path.length, from);
    let start = end;
    while (start > from && !this.#syntax.isSeparator(path[start - 1])) start--;
    return { start, end };
  }

  #beforeSeparators(path: string, end: number, from: number): number {
    while (end > from && this.#syntax.isSeparator(path[end - 1])) end--;
    return end;
  }
}

/** As Linux and macOS write them. */
export const unixPaths: Paths = new Paths(unix);
/** As Windows writes them. */
export const windowsPaths: Paths = new Paths(windows);

/** As this system writes them. */
export const {
  basename,
  delimiter,
  dirname,
  fromFileUrl,
  isAbsolute,
  join,
  resolve,
  same: samePath,
  separator,
} = Deno.build.os === "windows" ? windowsPaths : unixPaths;
