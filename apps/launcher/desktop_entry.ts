/**
 * Desktop entries: what is installed, on Linux and other free desktops.
 * https://specifications.freedesktop.org/desktop-entry/latest/
 */
import { commandWords } from "./command_words.ts";

/** What a `.desktop` file says about a program that can be shown in a menu. */
export interface DesktopEntry {
  name: string;
  /** What kind of program it is, or what it does; "" for nothing. */
  comment: string;
  /** The command, field codes filled in: the program and its arguments. */
  command: string[];
  /** The folder to start it in; the user's own where there is none. */
  path: string | null;
  /** Whether it wants a terminal. */
  terminal: boolean;
  /** A program that must be there for the entry to count. */
  tryExec: string | null;
}

/**
 * Reads the text of a `.desktop` file. `null` where it is no program, or not to be shown: another
 * type, `NoDisplay`, `Hidden`, other desktops' only. Of a line that makes no sense, and of one that
 * comes twice, GLib's rules hold.
 *
 * @param file The path of the file, for the field code `%k`.
 * @param locale Such as "de_AT.UTF-8@euro"; "" for none.
 * @param desktops The names in `XDG_CURRENT_DESKTOP`.
 * @throws {SyntaxError} where its command cannot be read
 */
export function parseDesktopEntry(
  text: string,
  file: string,
  locale: string,
  desktops: readonly string[],
): DesktopEntry | null {
  const values = mainGroup(text);
  const flag = (key: string) => ["true", "1"].includes(values.get(key) ?? "");
  const list = (key: string) => (values.get(key) ?? "").split(";").filter((name) => name !== "");
  if (values.get("Type") !== "Application" || flag("NoDisplay") || flag("Hidden")) return null;
  const only = list("OnlyShowIn");
  if (only.length > 0 && !only.some((name) => desktops.includes(name))) return null;
  if (list("NotShowIn").some((name) => desktops.includes(name))) return null;
  const localised = (key: string) => {
    for (const suffix of localeSuffixes(locale)) {
      const value = values.get(key + suffix);
      if (value !== undefined) return unescaped(value);
    }
    return "";
  };
  const name = localised("Name");
  const exec = values.get("Exec");
  if (name === "" || exec === undefined) return null;
  const icon = localised("Icon");
  const command = commandWords(unescaped(exec), { name, icon, file });
  if (command.length === 0) return null;
  return {
    name,
    comment: localised("Comment") || localised("GenericName"),
    command,
    path: unescaped(values.get("Path") ?? "") || null,
    terminal: flag("Terminal"),
    tryExec: unescaped(values.get("TryExec") ?? "") || null,
  };
}

/** The keys of the group "Desktop Entry"; of one that comes twice the last. */
function mainGroup(text: string): Map<string, string> {
  const values = new Map<string, string>();
  let inside = false;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*\[/.test(line)) inside = line.trim() === "[Desktop Entry]";
    else if (inside) {
      const [, key, value] = /^\s*([A-Za-z0-9-]+(?:\[[^\]]*\])?)\s*=\s*(.*)$/.exec(line) ?? [];
      if (key !== undefined) values.set(key, value!.trimEnd());
    }
  }
  return values;
}

/** The suffixes to look for, the closest first: "[de_AT@euro]", "[de_AT]", "[de@euro]", "[de]", "". */
function localeSuffixes(locale: string): string[] {
  const [, lang, country, modifier] =
    /^([A-Za-z]+)(?:_([A-Za-z]+))?(?:\.[^@]*)?(?:@(.+))?$/.exec(locale) ?? [];
  if (lang === undefined || lang === "C" || lang === "POSIX") return [""];
  const full = country === undefined ? [] : [
    ...(modifier === undefined ? [] : [`[${lang}_${country}@${modifier}]`]),
    `[${lang}_${country}]`,
  ];
  const short = modifier === undefined ? [] : [`[${lang}@${modifier}]`];
  return [...full, ...short, `[${lang}]`, ""];
}

const ESCAPES: Readonly<Record<string, string>> = { s: " ", n: "\n", t: "\t", r: "\r" };

/** The value of a key of the type string; other backslashes stay, for the command's own quotes. */
function unescaped(value: string): string {
  return value.replaceAll(
    /\\(.)/g,
    (whole, letter: string) => letter === "\\" ? "\\" : ESCAPES[letter] ?? whole,
  );
}
