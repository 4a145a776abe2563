/**
 * The grammar of app names, one on every system, and what is derived from a name.
 *
 * @module
 */

/** At most this many characters: names end up in socket paths, which the system keeps short. */
export const APP_NAME_MAX = 32;

const APP_NAME = /^[a-z][a-z0-9_-]*$/;

// Windows opens a device where it sees one of these as a file name, whatever the extension.
// https://learn.microsoft.com/windows/win32/fileio/naming-a-file
const DEVICE_NAME = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/;

/**
 * Checks that `name` may name an app: a lower-case ASCII letter, then up to 31 lower-case letters,
 * digits, `_` or `-`, and no Windows device name.
 *
 * @throws {TypeError} that names the rule it breaks.
 *
 * @example
 * ```ts
 * import { checkAppName } from "@neverliie/ipc";
 * checkAppName("statusbar");
 * ```
 */
export function checkAppName(name: string): void {
  const refuse = (why: string): never => {
    throw new TypeError(`Cannot use ${JSON.stringify(name)} as an app name: ${why}`);
  };
  if (typeof name !== "string" || name === "") refuse("it is empty");
  if (name.length > APP_NAME_MAX) refuse(`it is longer than ${APP_NAME_MAX} characters`);
  if (name !== name.toLowerCase()) refuse(`write it in lower case: "${name.toLowerCase()}"`);
  if (!APP_NAME.test(name)) {
    refuse("use a letter, then letters, digits, '_' or '-' (ASCII, lower case)");
  }
  if (DEVICE_NAME.test(name)) refuse("Windows reserves it for a device");
}

/** Whether `name` may name an app. */
export function isAppName(name: string): boolean {
  return name.length <= APP_NAME_MAX && APP_NAME.test(name) && !DEVICE_NAME.test(name);
}

/**
 * Checks that `name` may name a method that an app exposes. `$/…` and `rpc.…` belong to the
 * protocol.
 *
 * @throws {TypeError} that names the rule it breaks.
 */
export function checkMethodName(name: string): void {
  if (typeof name !== "string" || name === "") {
    throw new TypeError("Cannot expose a method without a name");
  }
  if (name.startsWith("$/") || name.startsWith("rpc.")) {
    throw new TypeError(`Cannot expose ${JSON.stringify(name)}: the protocol reserves that prefix`);
  }
}
