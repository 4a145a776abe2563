/**
 * The command line of a desktop entry, taken apart as GLib's desktops and KDE do: by a shell's
 * quotes, which is more than the specification asks for and what programs write.
 * https://specifications.freedesktop.org/desktop-entry/latest/exec-variables.html
 */

/** What field codes stand for. Files and addresses (`%f`, `%F`, `%u`, `%U`) are none here. */
export interface FieldValues {
  /** `%c` */
  name: string;
  /** `%i`; "" for none. */
  icon: string;
  /** `%k` */
  file: string;
}

/** What a backslash keeps from being special within double quotes. */
const ESCAPED_IN_QUOTES = '"\\$`\n';

/**
 * The words of an `Exec` value. Within quotes, where the specification leaves it open, a field code
 * becomes a part of the word that it stands in.
 *
 * @throws {SyntaxError} where a quotation mark or a backslash has nothing that belongs to it
 */
export function commandWords(line: string, values: FieldValues): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  const end = () => {
    if (word !== null) words.push(word);
    word = null;
  };
  const add = (text: string) => word = (word ?? "") + text;

  for (let at = 0; at < line.length; at++) {
    const letter = line[at]!;
    if (letter === "%" && at + 1 < line.length) {
      const code = line[++at]!;
      if (code === "i" && values.icon !== "" && quote === null) {
        add("--icon");
        end();
        add(values.icon);
      } else {
        const value = fieldValue(code, values);
        if (value !== "") add(value);
      }
    } else if (quote !== null) {
      if (letter === quote) quote = null;
      else if (
        letter === "\\" && quote === '"' && ESCAPED_IN_QUOTES.includes(line[at + 1] ?? "_")
      ) {
        add(line[++at]!);
      } else add(letter);
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      add(""); // An empty word is one, too.
    } else if (letter === "\\") {
      const next = line[++at];
      if (next === undefined) throw new SyntaxError("Exec ends with a backslash");
      if (next !== "\n") add(next);
    } else if (letter === " " || letter === "\t" || letter === "\n") end();
    // A comment; not after a tab, which nobody writes and GLib does not know.
    else if (letter === "#" && (at === 0 || " \n".includes(line[at - 1]!))) {
      while (at + 1 < line.length && line[at + 1] !== "\n") at++;
    } else add(letter);
  }
  if (quote !== null) throw new SyntaxError(`Exec has a ${quote} without its second one`);
  end();
  return words;
}

function fieldValue(code: string, { name, icon, file }: FieldValues): string {
  if (code === "%") return "%";
  if (code === "c") return name;
  if (code === "k") return file;
  return code === "i" && icon !== "" ? `--icon ${icon}` : "";
}
