/** What is wrong with what the launcher reads, told once each and never in the way of the rest. */

/** Problems by what they are about, and what has happened once. */
export class Problems {
  readonly #report: (problem: string) => void;
  readonly #now = new Map<string, readonly string[]>();
  readonly #happened: string[] = [];

  /** @param report told of each problem when it comes up */
  constructor(report: (problem: string) => void) {
    this.#report = report;
  }

  /** All that is wrong now, and what has happened. */
  list(): string[] {
    return [...new Set([...[...this.#now.values()].flat(), ...this.#happened])];
  }

  /** Says what is wrong with one thing now; none where it is mended. */
  set(about: string, problems: readonly string[]): void {
    const before = this.list();
    this.#now.set(about, problems);
    for (const problem of problems) if (!before.includes(problem)) this.#report(problem);
  }

  /** Tells of something that was helped, and is not to be looked at again. */
  add(problem: string): void {
    this.#happened.push(problem);
    this.#report(problem);
  }

  /** Does a part of the work; where it fails that is told, and the others are not stopped by it. */
  async attempt(about: string, work: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    try {
      await work();
      this.set(about, []);
    } catch (error) {
      if (signal?.aborted) throw error;
      this.set(about, [(error as Error).message]);
    }
  }
}
