/**
 * The files of the page. As text imports they are in the module graph: in a script, in a bundle and
 * in an executable alike, and counted among what an executable is made from.
 *
 * @module
 */

import icon from "../../assets/neverliie.svg" with { type: "text" };
import dom from "./page/dom.js" with { type: "text" };
import html from "./page/index.html" with { type: "text" };
import keys from "./page/keys.js" with { type: "text" };
import main from "./page/main.js" with { type: "text" };
import picture from "./page/picture.js" with { type: "text" };
import plots from "./page/plots.js" with { type: "text" };
import style from "./page/style.css" with { type: "text" };
import tables from "./page/tables.js" with { type: "text" };
import theme from "./page/theme.js" with { type: "text" };

/** One file. */
export interface Asset {
  type: string;
  text: string;
}

const script = (text: string): Asset => ({ type: "text/javascript; charset=utf-8", text });

/** By their path in the session's folder. */
export const ASSETS: ReadonlyMap<string, Asset> = new Map([
  ["", { type: "text/html; charset=utf-8", text: html }],
  ["style.css", { type: "text/css; charset=utf-8", text: style }],
  ["icon.svg", { type: "image/svg+xml", text: icon }],
  ["main.js", script(main)],
  ["dom.js", script(dom)],
  ["keys.js", script(keys)],
  ["picture.js", script(picture)],
  ["plots.js", script(plots)],
  ["tables.js", script(tables)],
  ["theme.js", script(theme)],
]);
