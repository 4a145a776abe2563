/** The program that shows a window with a terminal in it, on Linux and other free desktops. */
import { basename } from "@std/path";
import { isRunnable, type Variables } from "./program_files.ts";

/** Programs to look for, in this order, and what each wants before the command to run in it. */
const KNOWN: readonly (readonly [name: string, ...before: string[]])[] = [
  ["xdg-terminal-exec"],
  ["x-terminal-emulator", "-e"],
  ["ptyxis", "--"],
  ["kgx", "-e"],
  ["gnome-terminal", "--"],
  ["konsole", "-e"],
  ["xfce4-terminal", "-x"],
  ["mate-terminal", "-x"],
  ["qterminal", "-e"],
  ["terminator", "-x"],
  ["tilix", "-e"],
  ["ghostty", "-e"],
  ["kitty"],
  ["alacritty", "-e"],
  ["wezterm", "start", "--"],
  ["foot"],
  ["urxvt", "-e"],
  ["st", "-e"],
  ["xterm", "-e"],
];

/** What most of them want, and so those that are not known. */
const USUAL = ["-e"];

/**
 * The words that go before a command to run it in a terminal's window: those of `TERMINAL`, which
 * may have arguments, else of the first program that is there.
 *
 * @throws {Deno.errors.NotFound} that says what to set
 */
export function terminalWords(env: Variables): string[] {
  const chosen = env("TERMINAL")?.trim() ?? "";
  if (chosen !== "") {
    const words = isRunnable(chosen, env) ? [chosen] : chosen.split(/\s+/);
    if (!isRunnable(words[0]!, env)) {
      throw new Deno.errors.NotFound(
        `it needs a terminal, and TERMINAL names "${words[0]}", which is no program here; ` +
          "set TERMINAL to a terminal program",
      );
    }
    const known = KNOWN.find(([name]) => name === basename(words[0]!));
    return [...words, ...known?.slice(1) ?? USUAL];
  }
  const found = KNOWN.find(([name]) => isRunnable(name, env));
  if (found !== undefined) return [...found];
  throw new Deno.errors.NotFound(
    "it needs a terminal, and no terminal program was found; " +
      "set TERMINAL to the name or path of one",
  );
}
