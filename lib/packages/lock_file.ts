/**
 * Deno's lock files: the committed one, which names what comes from npm, and its copy with what
 * comes from JSR.
 *
 * @module
 */

/** What is looked at of a lock file. https://docs.deno.com/runtime/fundamentals/modules/#integrity-checking-and-lock-files */
export interface LockFile {
  version: string;
  /** What imports name, such as `npm:ink@8.0.0`, and the version that they get. */
  specifiers?: Record<string, string>;
  /** The packages from JSR, by name and version. */
  jsr?: Record<string, unknown>;
  /** The packages from npm, by name and version. */
  npm?: Record<string, LockedPackage>;
  /** What deno.json names, in the words of the lock file. */
  workspace?: { dependencies?: string[] };
}

/** A package from npm. */
export interface LockedPackage {
  /** The hash of its archive: `sha512-` and base64. */
  integrity?: string;
  /** Names; with their versions where the lock file has several. */
  dependencies?: string[];
  optionalDependencies?: string[];
  optionalPeers?: string[];
  /** Where it came from; only where that is not the usual registry. */
  tarball?: string;
}

/** Reads a lock file; `null` where there is none, or none that can be read as one. */
export async function readLock(path: string): Promise<LockFile | null> {
  try {
    const lock = JSON.parse(await Deno.readTextFile(path));
    return typeof lock === "object" && lock !== null ? lock : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return null;
    throw error;
  }
}

const fromJsr = ([specifier]: [string, string]) => specifier.startsWith("jsr:");

/** The lock file without what comes from JSR. */
export function withoutJsr({ jsr: _, ...lock }: LockFile): LockFile {
  const specifiers = Object.entries(lock.specifiers ?? {}).filter((entry) => !fromJsr(entry));
  return { ...lock, specifiers: Object.fromEntries(specifiers) };
}

/** The committed lock file, with what a copy of an earlier one has of JSR. */
export function withJsrOf(committed: LockFile, copy: LockFile | null): LockFile {
  if (copy === null) return committed;
  const specifiers = Object.entries(copy.specifiers ?? {}).filter(fromJsr);
  return {
    ...committed,
    specifiers: { ...committed.specifiers, ...Object.fromEntries(specifiers) },
    ...(copy.jsr === undefined ? {} : { jsr: copy.jsr }),
  };
}

/** Whether `copy` is the committed lock file and all that the project takes from JSR, no more. */
export function isComplete(copy: LockFile, committed: LockFile): boolean {
  const named = committed.workspace?.dependencies ?? [];
  return named.filter((specifier) => specifier.startsWith("jsr:"))
    .every((specifier) => copy.specifiers?.[specifier] !== undefined) &&
    sorted(withoutJsr(copy)) === sorted(withoutJsr(committed));
}

/** As text that does not depend on the order of keys. */
function sorted(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, part) =>
      typeof part === "object" && part !== null && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1))
        : part,
  );
}
