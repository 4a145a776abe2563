/** Memory of this process. */

const { gc } = globalThis as { gc?: () => void };

/** Resident memory in bytes, after a collection where this program was started with --expose-gc. */
export async function memoryBytes(): Promise<{ resident: number; heap: number }> {
  for (let i = 0; i < 3; i++) {
    gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { rss, heapUsed, external } = Deno.memoryUsage();
  return { resident: rss, heap: heapUsed + external };
}
