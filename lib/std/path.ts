/**
 * Stand-in for `@std/path`, over the mesh's own paths: only the functions in use.
 *
 * @module
 */
import { type Paths, unixPaths, windowsPaths } from "../ipc/base/path.ts";

const paths: Paths = Deno.build.os === "windows" ? windowsPaths : unixPaths;

/** The character between the parts of a path on this system. */
export const SEPARATOR: "/" | "\\" = paths.separator;

/** What separates the folders of PATH: `;` on Windows, `:` elsewhere. */
export const DELIMITER: ";" | ":" = paths.delimiter;

/** Joins the parts and normalizes the result. */
export const join: (path: string, ...paths: string[]) => string = paths.join;

/** Everything before the last part of the path. */
export const dirname: (path: string) => string = paths.dirname;

/** The last part of the path, without `suffix` where it ends so. */
export const basename: (path: string, suffix?: string) => string = paths.basename;

/** The extension of the last part with its dot, or "". */
export const extname: (path: string) => string = paths.extname;

/** The absolute path reached by following the parts from the working directory. */
export const resolve: (...paths: string[]) => string = paths.resolve;

/** Whether the path is absolute on this system. */
export const isAbsolute: (path: string) => boolean = paths.isAbsolute;

/** Resolves `.` and `..` and repeated separators. */
export const normalize: (path: string) => string = paths.normalize;

/** The path that leads from one path to the other. */
export const relative: (from: string, to: string) => string = paths.relative;

/**
 * The path of a `file:` URL.
 *
 * @throws {TypeError} where the URL is of another scheme
 */
export const fromFileUrl: (url: string | URL) => string = paths.fromFileUrl;

/**
 * The `file:` URL of an absolute path.
 *
 * @throws {TypeError} where the path is relative
 */
export const toFileUrl: (path: string) => URL = paths.toFileUrl;
