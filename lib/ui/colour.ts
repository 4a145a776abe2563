/** Colours, and when to leave them out. */
import { styleText } from "node:util";

/** A colour or style of node:util's styleText, or several. */
export type Style = Parameters<typeof styleText>[0];

/** Styles a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

/** Whether to use colours on standard output: on a terminal, unless NO_COLOR is set. */
export function wantsColour(): boolean {
  // Deno looks at NO_COLOR itself, so no permission for the environment is needed.
  return !Deno.noColor && Deno.stdout.isTerminal();
}

/** The painter to use with or without colours. */
export function painter(colour: boolean): Paint {
  if (!colour) return (_style, text) => text;
  // The caller has decided; styleText would look at the stream and decide again.
  return (style, text) => styleText(style, text, { validateStream: false });
}
