/** The words of a command line in a desktop entry. */
import { assertEquals, assertThrows } from "@std/assert";
import { commandWords } from "../../../apps/launcher/command_words.ts";
import { parseDesktopEntry } from "../../../apps/launcher/desktop_entry.ts";

/**
 * `Exec=` as it stands in the file, and the words that GLib 2.74 started it with, in the same way:
 * the name was "A Name", the icon "pic ture".
 */
const EXEC: readonly (readonly [line: string, words: string[]])[] = [
  ["show a b", ["show", "a", "b"]],
  ["show  a\tb ", ["show", "a", "b"]],
  ['show "a b" c', ["show", "a b", "c"]],
  ["show 'a b' c", ["show", "a b", "c"]],
  ['show WINEPREFIX="/home/ann/p" x', ["show", "WINEPREFIX=/home/ann/p", "x"]],
  ['show "a \\\\"b\\\\" \\\\\\\\ \\\\$ \\\\` \\\\x"', ["show", 'a "b" \\ $ ` \\x']],
  ['show "a \\"b\\" \\$"', ["show", 'a "b" $']],
  ["show a\\\\ b", ["show", "a b"]],
  ["show a\\ b", ["show", "a b"]],
  ["show 'it'\\\\''s'", ["show", "it's"]],
  ["show a\"b c\"d'e f'", ["show", "ab cde f"]],
  ["show a # b", ["show", "a"]],
  ["show a #b", ["show", "a"]],
  ["show a#b", ["show", "a#b"]],
  ["show \"\" ''", ["show", "", ""]],
  ["show %f %F %u %U", ["show"]],
  ["show \"%f\" '%f'", ["show", "", ""]],
  ["show x%f %fx", ["show", "x", "x"]],
  ["show --name=%c", ["show", "--name=A Name"]],
  ["show %c", ["show", "A Name"]],
  ["show %i", ["show", "--icon", "pic ture"]],
  ["show x%i", ["show", "x--icon", "pic ture"]],
  ["show %k", ["show", "/apps/a b.desktop"]],
  ["show %%", ["show", "%"]],
  ["show \"100%%\" '%%'", ["show", "100%", "%"]],
  ["show %", ["show", "%"]],
  ["show a%", ["show", "a%"]],
  ["show +%Y", ["show", "+"]],
  ["show %d %D %n %N %v %m", ["show"]],
  ["show \\s\\t\\n\\r", ["show", "\r"]],
  ["show a\\sb", ["show", "a", "b"]],
  ["show a\\nb", ["show", "a", "b"]],
  ['show "a\\nb"', ["show", "a\nb"]],
  ['show "a\\tb"', ["show", "a\tb"]],
  ["show \\q", ["show", "q"]],
  ["show \\;", ["show", ";"]],
  ["show a;b", ["show", "a;b"]],
  ["show a&b|c>d", ["show", "a&b|c>d"]],
  ["show $HOME ~ *", ["show", "$HOME", "~", "*"]],
  ['show "$HOME" `ls`', ["show", "$HOME", "`ls`"]],
  ['show ä "日本 語"', ["show", "ä", "日本 語"]],
  ["show\t#x", ["show", "#x"]],
  ["show '#'", ["show", "#"]],
  ["show \"a\"b'c'\\\\d", ["show", "abcd"]],
  ['show \\\\"a b\\\\"', ["show", '"a', 'b"']],
  ["show 'a\\\\b'", ["show", "a\\b"]],
  ['show "a\\\\b"', ["show", "a\\b"]],
  ["show 'a\\nb'", ["show", "a\nb"]],
  ["show 'a\"b' \"c'd\"", ["show", 'a"b', "c'd"]],
  ['show "a\\\\\\nb"', ["show", "a\nb"]],
  ["show a\\\\\\nb", ["show", "ab"]],
  ['"show" a', ["show", "a"]],
  ['env WINEPREFIX="/home/ann/p" touch /home/ann/wine', [
    "env",
    "WINEPREFIX=/home/ann/p",
    "touch",
    "/home/ann/wine",
  ]],
  [
    'env WINEPREFIX="/home/ann/.wine" wine C:\\\\\\\\windows\\\\\\\\command\\\\\\\\start.exe /Unix /home/ann/.wine/dosdevices/c:/users/Public/a\\\\ b.lnk',
    [
      "env",
      "WINEPREFIX=/home/ann/.wine",
      "wine",
      "C:\\windows\\command\\start.exe",
      "/Unix",
      "/home/ann/.wine/dosdevices/c:/users/Public/a b.lnk",
    ],
  ],
  [
    'env WINEPREFIX="/home/ann/my wine" wine C:\\\\\\\\users\\\\\\\\Public\\\\\\\\Start\\\\ Menu\\\\\\\\a.lnk',
    ["env", "WINEPREFIX=/home/ann/my wine", "wine", "C:\\users\\Public\\Start Menu\\a.lnk"],
  ],
  ["sh -c 'touch /home/ann/quote'", ["sh", "-c", "touch /home/ann/quote"]],
  ['sh -c "show \\\\"\\\\$0\\\\" x" \'a b\'', ["sh", "-c", 'show "$0" x', "a b"]],
  ["bash -c 'show %%d %u'", ["bash", "-c", "show %d "]],
];

Deno.test("a command line has the words that GLib starts it with", () => {
  const text = (line: string) =>
    `[Desktop Entry]\nType=Application\nName=A Name\nIcon=pic ture\nExec=${line}\n`;
  for (const [line, words] of EXEC) {
    assertEquals(
      parseDesktopEntry(text(line), "/apps/a b.desktop", "", [])?.command,
      words,
      line,
    );
  }
  // GLib does not take these for entries at all; here that is told.
  const fails = (line: string, message: string) =>
    assertThrows(() => parseDesktopEntry(text(line), "/f", "", []), SyntaxError, message);
  fails('show "open', 'Exec has a " without its second one');
  fails("show 'open", "Exec has a ' without its second one");
  fails("show a\\\\", "Exec ends with a backslash");
});

Deno.test("a field code within quotes, which is left open, becomes a part of its word", () => {
  const about = { name: "it's A", icon: "picture", file: "/a b.desktop" };
  assertEquals(commandWords(`run "--title=%c" '%k' "%i"`, about), [
    ...["run", "--title=it's A", "/a b.desktop", "--icon picture"],
  ]);
  assertEquals(commandWords("run %i x%i", { ...about, icon: "" }), ["run", "x"]);
});
