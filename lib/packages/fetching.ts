/**
 * Fetches the packages that programs need and this machine does not have: one line says so before
 * the first of them, more lines only where it takes long, and why where it fails.
 *
 * @module
 */
import { checksumFault, type Loaded, loadIntoCache, type LoadOptions } from "./deno_cache.ts";
import { LOCK } from "./module_flags.ts";

/** Milliseconds after which progress is shown. */
const LONG = 1_000;
/** Milliseconds between two lines of progress where it cannot be shown in place. */
const INTERVAL = 5_000;

/** Milliseconds without a new package after which that is said: a large one takes its time. */
const SILENCE = 15_000;

/** How {@linkcode fetchPackages} fetches. */
export interface FetchOptions extends Pick<LoadOptions, "types" | "flags" | "cwd" | "env"> {
  /** What the packages are for, for people. */
  purpose: string;
}

/**
 * Loads modules with all that they import.
 *
 * @returns whether they can be run: also where a module itself is at fault, which Deno then tells.
 */
export async function fetchPackages(
  modules: readonly string[],
  { purpose, ...options }: FetchOptions,
): Promise<boolean> {
  using progress = new Progress(purpose);
  const loaded = await loadIntoCache(modules, {
    ...options,
    onDownload: (url) => progress.add(url),
  });
  const failure = loaded.success ? null : failureOf(loaded, purpose);
  progress.end(failure);
  return failure === null;
}

/** Why packages cannot be had, or `null` where that is not what is wrong. */
function failureOf({ said }: Loaded, purpose: string): string | null {
  if (/lockfile is out of date/i.test(said)) {
    return `Cannot load the packages for ${purpose}: ${LOCK} does not name all of them. ` +
      "After a change of what is imported: deno task lock";
  }
  const changed = checksumFault(said);
  if (changed !== null) {
    return `Cannot use the packages for ${purpose}: what came is not what ${LOCK} names, so it was ` +
      `changed in the registry or on its way. Deno said: ${changed}`;
  }
  if (/npm package|sending request|JSR package manifest|Import 'https?:/i.test(said)) {
    const [reason = "nothing"] = said.match(/error sending request.*/i) ?? said.split("\n");
    return `Cannot fetch the packages for ${purpose}: is the network there? ` +
      `Behind a proxy set HTTPS_PROXY; NPM_CONFIG_REGISTRY names another registry. ` +
      `Deno said: ${reason}`;
  }
  return null;
}

/** What is told of downloads, on standard error: nothing where there are none. */
class Progress implements Disposable {
  readonly #purpose: string;
  readonly #start = performance.now();
  readonly #terminal = Deno.stderr.isTerminal();
  readonly #packages = new Set<string>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #begun = false;
  #shown = -Infinity;
  #last = 0;

  constructor(purpose: string) {
    this.#purpose = purpose;
  }

  add(url: string): void {
    this.#timer ??= setInterval(() => this.#show(), LONG);
    this.#last = performance.now();
    if (!url.endsWith(".tgz")) return;
    this.#packages.add(url);
    this.#begin();
  }

  /** Deno also asks for lists of releases now and then, which takes no time: that is not told. */
  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    console.error(`Fetching the packages for ${this.#purpose}, once …`);
  }

  #show(): void {
    this.#begin();
    const now = performance.now();
    if (!this.#terminal && now - this.#shown < INTERVAL) return;
    const quiet = now - this.#last;
    const note = quiet < SILENCE ? "" : `, nothing new for ${seconds(quiet)}`;
    this.#line(`${this.#packages.size} packages so far, ${seconds(now - this.#start)}${note}`);
    this.#shown = now;
  }

  /** The last word: why it failed, or what it came to where progress was shown. */
  end(failure: string | null): void {
    clearInterval(this.#timer);
    if (this.#shown !== -Infinity) {
      const time = seconds(performance.now() - this.#start);
      if (failure === null) this.#line(`${this.#packages.size} packages in ${time}`);
      if (this.#terminal) this.#write("\n");
    }
    if (failure !== null) console.error(failure);
  }

  /** Writes a line of progress: over the last one, where that is possible. */
  #line(text: string): void {
    this.#write(this.#terminal ? `\r\x1b[K  ${text}` : `  ${text}\n`);
  }

  #write(text: string): void {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

const seconds = (milliseconds: number) => `${(milliseconds / 1_000).toFixed(0)} s`;
