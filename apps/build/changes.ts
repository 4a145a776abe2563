/**
 * What a version changes, from docs/CHANGELOG.md.
 *
 * @module
 */

/**
 * The section `## VERSION` of a changelog, without its heading.
 *
 * @throws {TypeError} where there is none: a version is not released before it is described
 */
export async function changesOf(version: string, changelog: string): Promise<string> {
  const section = sectionOf(await Deno.readTextFile(changelog), version);
  if (section === null) {
    throw new TypeError(
      `Cannot release ${version}: "${changelog}" has no section "## ${version}" that says anything`,
    );
  }
  return section;
}

/** The text below the heading `## version`, up to the next one; `null` where it is empty. */
export function sectionOf(text: string, version: string): string | null {
  const sections = text.replaceAll("\r\n", "\n").split(/^## /m).slice(1);
  const found = sections.find((section) => {
    const heading = section.split("\n", 1)[0]!.trim();
    return heading === version || heading.startsWith(`${version} `);
  });
  const body = found?.slice(found.indexOf("\n")).trim();
  return body ? `${body}\n` : null;
}
