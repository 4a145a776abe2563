/**
 * Loads modules and all that they import into Deno's cache, and runs none of it.
 *
 * @module
 */

/** How modules are loaded. */
export interface LoadOptions {
  /** Whether what is imported for its types alone is loaded, too. True unless given. */
  types?: boolean;
  /** More flags. */
  flags?: readonly string[];
  cwd?: string;
  env?: Record<string, string>;
  /** Called for each URL that Deno begins to download. */
  onDownload?: (url: string) => void;
  /** Milliseconds without a word of Deno after which it is ended; no limit unless given. */
  patience?: number;
}

/** What came of it. */
export interface Loaded {
  success: boolean;
  /** What Deno said, without the downloads. */
  said: string;
}

/** Deno's word on a package that is not what a lock file or a registry says; else `null`. */
export function checksumFault(said: string): string | null {
  return /^.*(?:integrity check failed|checksum).*$/im.exec(said)?.[0].replace(/^\s*\d+:\s*/, "")
    .replace(/^error:\s*/, "") ?? null;
}

/** Loads `modules` into Deno's cache. */
export async function loadIntoCache(
  modules: readonly string[],
  { types = true, flags = [], cwd, env = {}, onDownload, patience }: LoadOptions = {},
): Promise<Loaded> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...types ? ["cache"] : ["install", "--production", "--entrypoint"],
      ...flags,
      ...modules,
    ],
    ...(cwd === undefined ? {} : { cwd }),
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...env },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let silence: ReturnType<typeof setTimeout> | undefined;
  const watch = () => {
    clearTimeout(silence);
    if (patience !== undefined) silence = setTimeout(() => child.kill("SIGKILL"), patience);
  };
  watch();
  const said: string[] = [];
  const line = (text: string) => {
    const [, url] = /^Download (\S+)$/.exec(text) ?? [];
    if (url === undefined) said.push(text);
    else onDownload?.(url);
  };
  let rest = "";
  for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
    watch();
    const lines = (rest + chunk).split(/\r?\n/);
    rest = lines.pop()!;
    lines.forEach(line);
  }
  line(rest);
  const { success } = await child.status;
  clearTimeout(silence);
  const [text = ""] = said.join("\n").split("Stack backtrace:");
  return { success, said: text.trim() };
}
