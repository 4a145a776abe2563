/** Text in a view: what it shows never steers the terminal. */
import { Text as StyledText, type TextProps } from "ink";
// @deno-types="@types/react"
import { Children, type ReactNode } from "react";
import { plain } from "./text.ts";

/**
 * Ink's `Text`, and the only one that views use. Ink itself hands links, titles and colours in a
 * text on to the terminal; here they are left out, whoever wrote them. The styles are the props.
 */
export function Text({ children, ...styles }: TextProps): ReactNode {
  return (
    <StyledText {...styles}>
      {Children.map(children, (child) => typeof child === "string" ? plain(child) : child)}
    </StyledText>
  );
}
