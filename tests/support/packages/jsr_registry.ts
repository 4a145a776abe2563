/**
 * A registry of JSR on loopback: packages of one module. https://jsr.io/docs/api
 *
 * @module
 */
import { LoopbackServer } from "./loopback_server.ts";

/** One registry; disposing of it ends it. */
export class JsrRegistry extends LoopbackServer {
  /** Versions with the code of their module, by the package's name with its scope. */
  readonly #packages = new Map<string, Map<string, string>>();
  readonly #answers = new Map<string, unknown>();

  /** Adds a release, or puts another one in its place. */
  async publish(name: string, version: string, code: string): Promise<void> {
    const releases = this.#packages.get(name) ?? new Map<string, string>();
    this.#packages.set(name, releases.set(version, code));
    const bytes = new TextEncoder().encode(code);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const checksum = `sha256-${hash.toHex()}`;
    this.#answers.set(`/${name}/${version}_meta.json`, {
      manifest: { "/mod.ts": { size: bytes.length, checksum } },
      exports: { ".": "./mod.ts" },
    });
    const [scope, bare] = name.slice(1).split("/");
    this.#answers.set(`/${name}/meta.json`, {
      ...{ scope, name: bare, latest: version },
      versions: Object.fromEntries([...releases.keys()].map((version) => [version, {}])),
    });
  }

  protected override respond(path: string): Response | null {
    const answer = this.#answers.get(path);
    if (answer !== undefined) return Response.json(answer);
    const [, name, version] = /^\/(@[^/]+\/[^/]+)\/([^/]+)\/mod\.ts$/.exec(path) ?? [];
    const code = this.#packages.get(name ?? "")?.get(version ?? "");
    const type = { "content-type": "application/typescript" };
    return code === undefined ? null : new Response(code, { headers: type });
  }
}
