/**
 * What a program asks its terminal: kind, version, place of the cursor, colours.
 *
 * The session's own model answers. The terminals of the views must not see the questions, or each
 * would answer as well, and a session without a view would not answer at all.
 * https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
 *
 * Nor must they see that keys are asked for in the notation of Windows' key events, as every
 * pseudo-console does at its start: terminals that know it would write the command key in it, too.
 * A pseudo-console takes keys as well in the common notation, which it gets then.
 * https://github.com/microsoft/terminal/blob/main/doc/specs/%234999%20-%20Improved%20keyboard%20handling%20in%20Conpty.md
 */

/** Questions, in the order of the page above. */
const QUERY = new RegExp(
  [
    String.raw`\x05`, // answerback
    String.raw`\x1b\[[>=]?0*c`, // device attributes
    String.raw`\x1b\[\??\d+n`, // status, cursor position
    String.raw`\x1b\[\??\d+\$p`, // state of a mode
    String.raw`\x1b\[>\d*q`, // name and version
    String.raw`\x1b\[(?:1[13-689]|2[01])(?:;\d+)*t`, // sizes, titles
    String.raw`\x1b\[[01]?x`, // parameters
    String.raw`\x1b\[\?\d+m`, // state of modified keys
    String.raw`\x1b\[\?u`, // state of the keyboard
    String.raw`\x1bP[$+]q[^\x1b]*\x1b\\`, // settings, capabilities
    String.raw`\x1b\](?:4;\d+|1\d|52;\w*)(?:;\?)+(?:\x07|\x1b\\)`, // colours, clipboard
  ].join("|"),
  "g",
);

/** Private modes that are set or reset, one or several at once. */
// deno-lint-ignore no-control-regex
const MODES = /\x1b\[\?([\d;]+)([hl])/g;
const WIN32_INPUT = "9001";

/** What may be the beginning of a question or of modes, at the end of a text. */
const BEGUN =
  // deno-lint-ignore no-control-regex
  /\x1b(?:\[[\d;:<=>?$]{0,32}|P(?:[$+](?:q[^\x1b]{0,256}\x1b?)?)?|\](?:\d{0,3}(?:;[\w?;]{0,32})?)\x1b?)?$/;

/** Takes the questions, and that notation of keys, out of a text that comes in pieces. */
export class QueryFilter {
  #kept = "";

  /** The text without them. What may be the beginning of one is kept until the next piece. */
  pass(text: string): string {
    const whole = this.#kept + text;
    const begun = BEGUN.exec(whole)?.index ?? whole.length;
    this.#kept = whole.slice(begun);
    return whole.slice(0, begun).replace(QUERY, "").replace(MODES, withoutWin32Input);
  }
}

function withoutWin32Input(whole: string, modes: string, final: string): string {
  const all = modes.split(";");
  const passed = all.filter((mode) => mode !== WIN32_INPUT);
  if (passed.length === all.length) return whole;
  return passed.length === 0 ? "" : `\x1b[?${passed.join(";")}${final}`;
}
