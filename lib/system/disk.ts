/** The space on a volume. */
import { statfsSync } from "node:fs";

/** Bytes of one volume. */
export interface DiskStats {
  /** A path on the volume. */
  path: string;
  total: number;
  used: number;
  /** What a user who is not the administrator can still write. */
  available: number;
}

/** The volume that the system lives on. */
function systemDisk(): string {
  if (Deno.build.os !== "windows") return "/";
  return `${Deno.env.get("SystemDrive") || "C:"}\\`;
}

/** The figures of the volume that holds `path`; null where the system does not tell them. */
export function readDisk(path: string = systemDisk()): DiskStats | null {
  try {
    const { bsize, blocks, bfree, bavail } = statfsSync(path);
    if (blocks === 0) return null;
    return {
      path,
      total: blocks * bsize,
      used: (blocks - bfree) * bsize,
      available: bavail * bsize,
    };
  } catch {
    return null; // No such volume, or none that has figures: both show as unknown.
  }
}
