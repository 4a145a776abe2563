/**
 * A bill of materials of the executables, in CycloneDX: Deno's runtime, and every package that a
 * program imports.
 *
 * https://cyclonedx.org/docs/1.6/json/
 *
 * @module
 */
import { join } from "@std/path";
import { PROGRAMS } from "../programs.ts";
import { VERSION } from "../version.ts";
import { CHECKOUT } from "./compile.ts";
import { moduleGraph } from "./hash.ts";

interface Component {
  type: "library" | "framework";
  "bom-ref": string;
  name: string;
  version: string;
  purl: string;
}

/** The bill of this checkout's programs, as JSON. @param deno the runtime's version */
export async function billOfMaterials(deno: string = Deno.version.deno): Promise<string> {
  const found = new Map<string, Component>();
  const add = (type: Component["type"], purl: string, name: string, version: string) =>
    found.set(purl, { type, "bom-ref": purl, name, version, purl });
  add("framework", `pkg:github/denoland/deno@v${deno}`, "deno", deno);
  for (const [app, { workers, bundled = [] }] of Object.entries(PROGRAMS)) {
    for (const module of [`apps/${app}/main.ts`, ...workers, ...bundled]) {
      const graph = await moduleGraph(join(CHECKOUT, module));
      for (const { name, version } of Object.values(graph.npmPackages ?? {})) {
        // The scope's "@" is written so in a package URL.
        add("library", `pkg:npm/${name.replace(/^@/, "%40")}@${version}`, name, version);
      }
      for (const { specifier } of graph.modules) {
        const [, name, version] =
          /^https:\/\/jsr\.io\/(@[^/]+\/[^/]+)\/([^/]+)\//.exec(specifier) ?? [];
        if (name && version) {
          // JSR has no type of package URL of its own.
          add("library", `pkg:generic/jsr/${name.replace(/^@/, "%40")}@${version}`, name, version);
        }
      }
    }
  }
  const root = `pkg:generic/neverliie@${VERSION}`;
  const components = [...found.values()].toSorted((a, b) => a.purl < b.purl ? -1 : 1);
  return JSON.stringify(
    {
      $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
      bomFormat: "CycloneDX",
      specVersion: "1.6",
      serialNumber: `urn:uuid:${crypto.randomUUID()}`,
      version: 1,
      metadata: {
        timestamp: new Date().toISOString(),
        component: {
          ...{ type: "application", "bom-ref": root, name: "neverliie" },
          ...{ version: VERSION, purl: root },
        },
      },
      components,
      dependencies: [{ ref: root, dependsOn: components.map(({ purl }) => purl) }],
    },
    null,
    2,
  ) + "\n";
}
