/**
 * The project's import maps: deno.json itself, and lib/std/import_map.json with the stand-ins.
 * What the tests or the build alone need stands in scopes of theirs; docs/decisions/0043 tells why
 * nothing from npm stands in `imports`.
 *
 * @module
 */

/** An import map. https://html.spec.whatwg.org/multipage/webappapis.html#import-maps */
export interface ImportMap {
  imports: Record<string, string>;
  /** By the prefix of the importing modules. */
  scopes: Record<string, Record<string, string>>;
}

/** Every name of the map with its target, whatever module may use it. */
export function allImports({ imports, scopes }: ImportMap): Record<string, string> {
  return Object.assign({}, imports, ...Object.values(scopes));
}
