/**
 * The suite's programs: what each may do and which modules it loads by URL. `build.ts` compiles by
 * this table, each by itself or all as one executable, and the tasks of `deno.json` repeat its
 * permissions.
 *
 * @module
 */

/** The program that is no app of the mesh, but its user's command. */
export const COMMAND = "neverliie";

/** How one program of the suite is started and compiled. */
export interface Program {
  /** Its main module, from the checkout's root. */
  readonly entry: string;
  /** A few words that the system shows for it: in menus, task lists and properties. */
  readonly description: string;
  /** Permission flags for `deno run` and `deno compile`. */
  readonly permissions: readonly string[];
  /** Modules that it loads by URL alone, from the checkout's root: compiling must include them. */
  readonly workers: readonly string[];
  /**
   * Modules that it loads by URL, as they are large or import large packages: what they use of these
   * is bundled into executables, not the packages.
   */
  readonly bundled?: readonly string[];
  /**
   * Modules that it loads by URL and that draw by Ink: each is bundled by itself, with the small
   * build of React. They share no module with the program, so nothing that one of them keeps in a
   * module, or compares by its class.
   */
  readonly views?: readonly string[];
  /** Whether it writes to a terminal. Without one, Windows opens no console for it. */
  readonly terminal: boolean;
}

/** What joining the mesh takes, whatever the program does there. */
const MESH_PERMISSIONS: readonly string[] = [
  "--allow-read", // the registry, logs
  "--allow-write",
  "--allow-env", // NEVERLIIE_HOME
  "--allow-ffi", // pipes, processes and locks of the system
  "--allow-net", // Unix sockets, from Deno 2.9 on
  "--allow-sys", // host figures
  "--allow-run", // waking other programs
];

/** Every program, by its name on the mesh. */
export const PROGRAMS: Readonly<Record<string, Program>> = {
  launcher: {
    entry: "apps/launcher/main.ts",
    description: "NeverLiie Launcher",
    permissions: MESH_PERMISSIONS,
    workers: [],
    terminal: true,
  },
  terminal: {
    entry: "apps/terminal/main.ts",
    description: "NeverLiie Terminal",
    permissions: MESH_PERMISSIONS,
    workers: [],
    terminal: true,
  },
  statusbar: {
    entry: "apps/statusbar/main.ts",
    description: "NeverLiie Status Bar",
    permissions: MESH_PERMISSIONS,
    workers: [],
    terminal: true,
  },
  scanner: {
    entry: "apps/scanner/main.ts",
    description: "NeverLiie Scanner",
    permissions: MESH_PERMISSIONS,
    workers: [],
    terminal: true,
  },
  neverliie: {
    entry: "apps/neverliie/main.ts",
    description: "NeverLiie command",
    permissions: MESH_PERMISSIONS,
    workers: [],
    bundled: [
      "apps/neverliie/mcp/mcp.ts",
      "apps/neverliie/inspect/inspect.ts",
      "apps/neverliie/top/top.ts",
      "apps/neverliie/conformance/conformance.ts",
    ],
    views: ["apps/neverliie/top/top_view.tsx"],
    terminal: true,
  },
};

/** The modules that a program loads by URL and that are bundled. */
export function loadedModules({ bundled = [], views = [] }: Program): string[] {
  return [...bundled, ...views];
}

/**
 * All of {@linkcode PROGRAMS} as one executable. What they load by URL, and they themselves, share
 * what they have in common; so the views have the program's own build of React.
 */
export const SUITE: Program = {
  entry: "apps/main.ts",
  description: "NeverLiie",
  permissions: MESH_PERMISSIONS,
  workers: [],
  bundled: Object.values(PROGRAMS).flatMap((program) => [program.entry, ...loadedModules(program)]),
  terminal: true,
};
