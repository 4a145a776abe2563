/**
 * The sentences of docs/protocol.md, and which of them the conformance kit cites.
 *
 * @module
 */

import { CHECKS } from "../../../apps/neverliie/conformance/sections.ts";

/** A sentence, and the heading that it stands below. */
export interface Sentence {
  heading: string;
  text: string;
}

/** Whether a sentence tells a host what to do: it says what is sent, answered, taken or refused. */
const NORMATIVE =
  /\b(must|may|never|always|only|at most|at least|is error|are error|with error|gets?|ignored?|answers?|answered|refused?|accepted|ends?|closes?|closed|waits?|counts?|is sent|are sent|sends?|holds?|comes?|begins?)\b/;

/** The page's text as it is compared: on one line. */
export function onOneLine(page: string): string {
  return page.replaceAll(/\s+/g, " ");
}

/** The sentences of a page; each row of a table counts as one, and code does not. */
export function sentencesOf(page: string): Sentence[] {
  const sentences: Sentence[] = [];
  let heading = "";
  const text = page.replaceAll("\r\n", "\n").replaceAll(/^ *```[^]*?^ *```$/gm, "");
  for (const block of text.split(/\n{2,}|\n(?=- |\||#)|\n(?=\d+\. )/)) {
    const [, title] = /^#+ (.+)$/m.exec(block) ?? [];
    if (title !== undefined) heading = title;
    else if (/^\|[ :|-]+\|$/.test(block.trim())) sentences.pop();
    else if (block.startsWith("|")) sentences.push({ heading, text: onOneLine(block).trim() });
    else {
      const whole = onOneLine(block.replace(/^(- |\d+\. )/, "")).trim();
      for (const part of whole.split(/(?<=[.:])\s+(?=[A-Z`*"])/)) {
        if (part !== "") sentences.push({ heading, text: part });
      }
    }
  }
  return sentences;
}

/** The normative sentences that no check cites, not even a part of them. */
export function uncitedOf(page: string): Sentence[] {
  const cited = CHECKS.flatMap(({ sentences }) => sentences);
  return sentencesOf(page).filter(({ text }) =>
    NORMATIVE.test(text) && !cited.some((one) => text.includes(one) || one.includes(text))
  );
}
