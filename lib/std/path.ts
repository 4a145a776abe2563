/**
 * Stand-in for `@std/path`, over `node:path`: only the functions in use.
 *
 * @module
 */
import * as nodePath from "node:path";

/** The character between the parts of a path on this system. */
export const SEPARATOR: "/" | "\\" = nodePath.sep === "\\" ? "\\" : "/";

/** Joins the parts and normalizes the result. */
export function join(path: string, ...paths: string[]): string {
  return nodePath.join(path, ...paths);
}

/** Everything before the last part of the path. */
export function dirname(path: string): string {
  return nodePath.dirname(path);
}

/** The last part of the path, without `suffix` where it ends so. */
export function basename(path: string, suffix = ""): string {
  return nodePath.basename(path, suffix);
}

/** The extension of the last part with its dot, or "". */
export function extname(path: string): string {
  return nodePath.extname(path);
}

/** The absolute path reached by following the parts from the working directory. */
export function resolve(...paths: string[]): string {
  return nodePath.resolve(...paths);
}

/** Whether the path is absolute on this system. */
export function isAbsolute(path: string): boolean {
  return nodePath.isAbsolute(path);
}

/** Resolves `.` and `..` and repeated separators. */
export function normalize(path: string): string {
  return nodePath.normalize(path);
}

/** The path that leads from one path to the other. */
export function relative(from: string, to: string): string {
  return nodePath.relative(from, to);
}

/**
 * The path of a `file:` URL.
 *
 * @throws {TypeError} where the URL is of another scheme
 */
export function fromFileUrl(url: string | URL): string {
  const parsed = new URL(url);
  if (parsed.protocol !== "file:") {
    throw new TypeError(`URL must be a file URL: received "${parsed.protocol}"`);
  }
  // Not by node:url, which takes as long to load as all of a small program.
  const path = decodeURIComponent(parsed.pathname.replace(/%(?![0-9a-f]{2})/gi, "%25"));
  if (SEPARATOR === "/") return path;
  const local = path.replaceAll("/", "\\");
  return parsed.hostname === "" ? local.slice(1) : `\\\\${parsed.hostname}${local}`;
}

/**
 * The `file:` URL of an absolute path.
 *
 * @throws {TypeError} where the path is relative
 */
export function toFileUrl(path: string): URL {
  if (!nodePath.isAbsolute(path)) {
    throw new TypeError(`Path must be absolute: received "${path}"`);
  }
  const parts = nodePath.resolve(path).split(SEPARATOR).map(encodeURIComponent);
  // A share (\\server\share) begins with two empty parts; a drive keeps its colon.
  if (SEPARATOR === "/") return new URL(`file://${parts.join("/")}`);
  if (parts[0] === "" && parts[1] === "") return new URL(`file:${parts.join("/")}`);
  return new URL(`file:///${parts.join("/").replace("%3A", ":")}`);
}

/** What separates the folders of PATH: `;` on Windows, `:` elsewhere. */
export const DELIMITER: ";" | ":" = nodePath.delimiter;
