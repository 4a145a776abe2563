/** A mesh for the page of `neverliie inspect`, without processes. */
import type { InspectSource, Snapshot } from "../../../apps/neverliie/watching/snapshot.ts";

/** A mesh of so many sleeping apps, none unless told; what would be cancelled in it is noted. */
export class QuietMesh implements InspectSource {
  readonly cancelled: unknown[] = [];
  readonly #count: number;

  constructor(count = 0) {
    this.#count = count;
  }

  snapshot(): Snapshot {
    const app = { state: "asleep" as const, reason: null, pid: null, version: null, silent: null };
    const entry = { registered: true, type: "binary" as const, command: ["/bin/app"], cwd: "/" };
    const apps = Array.from({ length: this.#count }, (_, i) => ({
      ...{ name: `app-${i}`, ...app, ...entry, address: "", methods: [], topics: [] },
    }));
    const empty = { problems: [], edges: [], tasks: [], tasksInAll: 0, methods: [] };
    return { at: 0, home: "/home", apps, ...empty };
  }

  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
  }

  cancel(...asked: unknown[]): Promise<boolean> {
    this.cancelled.push(asked);
    return Promise.resolve(true);
  }
}
