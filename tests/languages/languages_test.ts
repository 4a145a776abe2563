/**
 * The clients of docs/languages in Go, Java and Rust, as they stand on their pages: compiled, and run
 * against an app of this repository.
 */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { meshTest, scriptCommand, type TestMesh } from "../support/mesh/mesh.ts";

/** Debian's packages of sources, which are made for its compiler. */
const CRATES = "/usr/share/cargo/registry";

/** Longest program, in lines. */
const LINES_MAX = 60;
/** Milliseconds to compile and run one: Rust compiles all that it uses. */
const LIMIT = 240_000;

/** A page's blocks by their languages; those without one are what the program prints. */
function blocksOf(language: string): Map<string, string> {
  const page = fromFileUrl(new URL(`../../docs/languages/${language}.md`, import.meta.url));
  const text = Deno.readTextFileSync(page).replaceAll("\r", "");
  return new Map([...text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map(([, kind, block]) => {
    return [kind!, block!];
  }));
}

/** Writes the page's program, compiles and runs it, and compares what it prints with the page. */
async function runPage(
  mesh: TestMesh,
  language: string,
  { files, command, env = {} }: {
    /** Where each block goes. */
    files: Record<string, string>;
    command: string[];
    env?: Record<string, string>;
  },
): Promise<void> {
  const cmd = scriptCommand("examples/greeter.ts");
  await mesh.ipc.registry.set("greeter", { type: "script", cmd, cwd: mesh.home });
  await mesh.ipc.wake("greeter");
  const blocks = blocksOf(language);
  const folder = join(mesh.home, "program");
  for (const [kind, path] of Object.entries(files)) {
    const text = blocks.get(kind)!;
    assert(text.trimEnd().split("\n").length <= LINES_MAX, `${language}: ${kind}`);
    await Deno.mkdir(join(folder, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(folder, path), text);
  }
  const { code, stdout, stderr } = await mesh.run(command, { cwd: folder, env });
  assertEquals([code, stdout], [0, blocks.get("")], stderr);
}

meshTest("the page's client in Go calls, streams and is refused", async (mesh) => {
  await runPage(mesh, "go", {
    files: { go: "client.go" },
    command: ["go", "run", "client.go"],
    env: { GOCACHE: join(mesh.home, "cache"), GOTELEMETRY: "off" },
  });
}, { limit: LIMIT });

meshTest("the page's client in Java calls, streams and is refused", async (mesh) => {
  await runPage(mesh, "java", {
    files: { java: "Client.java" },
    command: ["java", "-cp", "/usr/share/java/gson.jar", "Client.java"],
  });
}, { limit: LIMIT });

meshTest("the page's client in Rust calls, streams and is refused", async (mesh) => {
  await runPage(mesh, "rust", {
    files: { toml: "Cargo.toml", rust: "src/main.rs" },
    command: [
      ...["/usr/bin/cargo", "run", "--offline", "--quiet"],
      ...["--config", 'source.crates-io.replace-with="debian"'],
      ...["--config", `source.debian.directory="${CRATES}"`],
    ],
    env: { CARGO_HOME: join(mesh.home, "cache"), RUSTC: "/usr/bin/rustc" },
  });
}, { limit: LIMIT });
