/**
 * A registry of npm on loopback: a few packages of a few lines, packed when they are published.
 * https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md
 *
 * @module
 */
import { packTar } from "modern-tar";
import { LoopbackServer } from "./loopback_server.ts";

/** What a package is made from. */
export interface NpmRelease {
  /** Its one module. */
  code: string;
  dependencies?: Record<string, string>;
}

interface Published {
  dependencies: Record<string, string>;
  archive: Uint8Array<ArrayBuffer>;
  integrity: string;
}

/** One registry; disposing of it ends it. */
export class NpmRegistry extends LoopbackServer {
  readonly #packages = new Map<string, Map<string, Published>>();

  /** Adds a release, or puts another one in its place. */
  async publish(name: string, version: string, release: NpmRelease): Promise<void> {
    const { code, dependencies = {} } = release;
    const manifest = { name, version, type: "module", main: "mod.js", dependencies };
    const file = (name: string, body: string) => ({
      // The same release is the same archive, whenever it is made.
      header: { name, size: new TextEncoder().encode(body).length, mtime: new Date(0) },
      body,
    });
    const archive = await gzipped(
      await packTar([
        file("package/package.json", JSON.stringify(manifest)),
        file("package/mod.js", code),
      ]),
    );
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-512", archive));
    const releases = this.#packages.get(name) ?? new Map<string, Published>();
    releases.set(version, { dependencies, archive, integrity: `sha512-${hash.toBase64()}` });
    this.#packages.set(name, releases);
  }

  protected override respond(path: string): Response | null {
    const [, name, version] = /^\/([^/]+)(?:\/-\/\1-(.+)\.tgz)?$/.exec(path) ?? [];
    const releases = this.#packages.get(name ?? "");
    if (releases === undefined) return null;
    if (version !== undefined) {
      const release = releases.get(version);
      return release === undefined ? null : new Response(release.archive);
    }
    const versions = [...releases].map(([version, { dependencies, integrity }]) => {
      const tarball = `${this.url}${name}/-/${name}-${version}.tgz`;
      return [version, { name, version, dependencies, dist: { tarball, integrity } }];
    });
    const latest = [...releases.keys()].at(-1);
    return Response.json({
      name,
      "dist-tags": { latest },
      versions: Object.fromEntries(versions),
    });
  }
}

async function gzipped(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
