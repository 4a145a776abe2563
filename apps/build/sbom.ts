/**
 * A bill of materials of the executables, in CycloneDX: Deno's runtime, and every package whose
 * code is in a program.
 *
 * https://cyclonedx.org/docs/1.6/json/
 *
 * @module
 */
import { VERSION } from "../version.ts";
import type { Package } from "./third_party.ts";

interface Component {
  type: "library" | "framework";
  "bom-ref": string;
  name: string;
  version: string;
  purl: string;
  licenses?: ({ license: { id: string } } | { expression: string })[];
}

/** The bill as JSON. @param deno the runtime's version */
export function billOfMaterials(
  packages: readonly Package[],
  deno: string = Deno.version.deno,
): string {
  const runtime = `pkg:github/denoland/deno@v${deno}`;
  const components: Component[] = [
    {
      ...{ type: "framework", "bom-ref": runtime, name: "deno", version: deno, purl: runtime },
      licenses: [{ license: { id: "MIT" } }],
    },
    ...packages.map(componentOf),
  ];
  const root = `pkg:generic/neverliie@${VERSION}`;
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

function componentOf({ name, version, registry, license }: Package): Component {
  // The scope's "@" is written so in a package URL. JSR has no type of package URL of its own.
  const type = registry === "npm" ? "npm" : "generic/jsr";
  const purl = `pkg:${type}/${name.replace(/^@/, "%40")}@${version}`;
  const licenses = license === null ? {} : {
    licenses: [
      /^[\w.+-]+$/.test(license) ? { license: { id: license } } : { expression: license },
    ],
  };
  return { type: "library", "bom-ref": purl, name, version, purl, ...licenses };
}
