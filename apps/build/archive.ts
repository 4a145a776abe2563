/**
 * Archives of a target's folder: .zip for Windows, .tar.gz for the others, whose users expect the
 * executable bit to be kept. Everything is streamed: executables are large.
 *
 * @module
 */
import { createTarPacker } from "modern-tar";
import { ZipWriter } from "@zip.js/zip.js";
import { basename, join } from "@std/path";
import { CHECKOUT } from "./compile.ts";
import { MANIFEST, readManifest } from "../manifest.ts";
import { isWindowsTarget } from "./targets.ts";

/** A file that goes into an archive. */
export interface ArchiveFile {
  /** Its name in the archive, with "/". */
  name: string;
  path: string;
  executable: boolean;
}

/** The extension of a target's archives. */
function archiveExtension(target: string): ".zip" | ".tar.gz" {
  return isWindowsTarget(target) ? ".zip" : ".tar.gz";
}

/** Writes the archive that is usual for the target; a part-written one never has its name. */
async function writeArchive(
  path: string,
  files: readonly ArchiveFile[],
  target: string,
): Promise<void> {
  const temporary = `${path}.tmp-${Deno.pid}`;
  try {
    await (isWindowsTarget(target) ? writeZip : writeTar)(temporary, files);
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {
      // What failed is told below; a file that was never made cannot be removed.
    });
    throw error;
  }
}

async function writeZip(path: string, files: readonly ArchiveFile[]): Promise<void> {
  const output = await Deno.open(path, { create: true, truncate: true, write: true });
  const zip = new ZipWriter(output.writable, { useWebWorkers: false });
  for (const { name, path } of files) {
    const file = await Deno.open(path);
    const { mtime } = await file.stat();
    await zip.add(name, file.readable, mtime === null ? {} : { lastModDate: mtime });
  }
  await zip.close();
}

/** Writes a .tar.gz. */
export async function writeTar(path: string, files: readonly ArchiveFile[]): Promise<void> {
  const { readable, controller } = createTarPacker();
  const output = await Deno.open(path, { create: true, truncate: true, write: true });
  const written = readable
    .pipeThrough(new CompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>)
    .pipeTo(output.writable);
  for (const { name, path, executable } of files) {
    const file = await Deno.open(path);
    const { size, mtime } = await file.stat();
    const entry = controller.add({
      name,
      size,
      type: "file",
      mode: executable ? 0o755 : 0o644,
      ...(mtime === null ? {} : { mtime }),
    });
    await file.readable.pipeTo(entry);
  }
  controller.finalize();
  await written;
}

/**
 * Packs what was built for a target, with the documents for its user; returns the path.
 *
 * @param notices the file that tells what of others is in the programs
 */
export async function archiveTarget(out: string, target: string, notices: string): Promise<string> {
  const folder = join(out, target);
  const manifest = await readManifest(folder);
  if (manifest === null) throw new Error(`Cannot pack "${folder}": there is no manifest in it`);
  const name = `neverliie-${manifest.version}-${target}`;
  const document = (name: string, path: string) => ({ name, path, executable: false });
  const files: ArchiveFile[] = [
    ...manifest.programs.map(({ file }) => ({
      ...{ name: file, path: join(folder, file), executable: true },
    })),
    document(MANIFEST, join(folder, MANIFEST)),
    document(basename(notices), notices),
    document("README.md", join(CHECKOUT, "README.md")),
    // Where the README's links look for them.
    ...(await pages()).map((page) => document(`docs/${page}`, join(CHECKOUT, "docs", page))),
  ];
  const path = join(out, name + archiveExtension(target));
  await writeArchive(
    path,
    files.map((file) => ({ ...file, name: `${name}/${file.name}` })),
    target,
  );
  return path;
}

/** The pages of the documentation, but for what only those who build the suite read. */
async function pages(): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(join(CHECKOUT, "docs")));
  return entries.map(({ name }) => name).filter((name) => name.endsWith(".md")).sort();
}
