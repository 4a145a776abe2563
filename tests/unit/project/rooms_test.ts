/**
 * The rooms of lib/ipc: who may know whom, by which doors a room is entered, and what it is; and how
 * long a file may be.
 */
import { assert, assertEquals } from "@std/assert";
import { sources } from "../../support/unit/sources.ts";

const checkout = new URL("../../../", import.meta.url);
/** Longest file, in lines. */
const LINES_MAX = 300;
/** Those that are longer, and how long each may be at most. There are to be no more of them. */
const LONGER: Readonly<Record<string, number>> = {
  "tests/bench/measures.ts": 400,
  "tests/compiled/install_test.ts": 520,
  "tests/mesh/activation_test.ts": 400,
  "tests/transport/transport_test.ts": 380,
};
/** Most files in one folder. */
const FILES_MAX = 20;

/** One room of lib/ipc. */
interface Room {
  /** The rooms that it may know, below it. */
  knows: readonly string[];
  /** The file of the room's noun, whose head tells what lives here and what it must not know. */
  noun: string;
  /** The files that others may name, from the room's folder. `null`: all of them. */
  doors: readonly string[] | null;
}

/** From the top to the ground. What stands at the top of lib/ipc is this process on the mesh. */
const ROOMS: Readonly<Record<string, Room>> = {
  top: {
    knows: [
      ...["topics", "workers", "methods", "activation", "presence", "registry", "session"],
      ...["wire", "os"],
      "base",
    ],
    noun: "ipc.ts",
    doors: ["mod.ts", "tools.ts"],
  },
  topics: {
    knows: ["methods", "activation", "presence", "session", "wire", "base"],
    noun: "topics.ts",
    doors: ["topics.ts"],
  },
  workers: {
    knows: ["methods", "session", "wire", "base"],
    noun: "worker_pool.ts",
    doors: ["worker_pool.ts"],
  },
  methods: {
    knows: ["session", "wire", "base"],
    noun: "methods.ts",
    doors: ["methods.ts", "contract.ts", "watchers.ts"],
  },
  activation: {
    knows: ["registry", "os", "base"],
    noun: "activation.ts",
    doors: ["activation.ts", "elevation.ts", "instance.ts", "supervisor.ts"],
  },
  presence: {
    knows: ["registry", "os", "base"],
    noun: "app_watch.ts",
    doors: ["app_watch.ts", "presence.ts"],
  },
  registry: {
    knows: ["os", "base"],
    noun: "registry.ts",
    doors: ["registry.ts", "registration.ts", "home.ts"],
  },
  session: {
    knows: ["wire", "os", "base"],
    noun: "connection.ts",
    doors: [
      "connection.ts",
      "limits.ts",
      "peer.ts",
      "telemetry.ts",
      "answering/incoming_request.ts",
      "calling/pending_calls.ts",
      "calling/stream.ts",
    ],
  },
  // Its words are everybody's: messages, errors, bytes.
  wire: { knows: ["base"], noun: "message.ts", doors: null },
  os: {
    knows: ["base"],
    noun: "platform.ts",
    doors: [
      "platform.ts",
      "transport.ts",
      // What the package's build puts in the place of Deno.
      "node/system.ts",
      // What lib/pty/windows shares with the mesh: calls, structures and overlapped I/O.
      ...["command_line", "environment", "kernel32", "overlapped_handle", "pipe", "security"]
        .map((name) => `windows/${name}.ts`),
      ...["program", "startup_info", "waited_event", "win32_error"].map((name) =>
        `windows/${name}.ts`
      ),
    ],
  },
  // The ground: small tools that know nothing.
  base: { knows: [], noun: "timer.ts", doors: null },
  // It stands before the house, and comes in by its front door.
  testing: { knows: ["top", "os", "base"], noun: "test_mesh.ts", doors: ["mod.ts"] },
};

const IPC = "lib/ipc/";

/** The room of a file of lib/ipc; `null` for others. */
function roomOf(path: string): string | null {
  if (!path.startsWith(IPC)) return null;
  const [first, ...rest] = path.slice(IPC.length).split("/");
  return rest.length === 0 ? "top" : first!;
}

/** A file's place in its room. */
function placeOf(path: string): string {
  const room = roomOf(path);
  return path.slice(IPC.length + (room === "top" ? 0 : room!.length + 1));
}

const files = [...sources.keys()].filter((path) => path.startsWith(IPC));

/** Every import that leads into lib/ipc, of types too: from, to. */
const arrows = [...sources].flatMap(([from, { imports }]) =>
  imports.filter(({ file }) => file?.startsWith(IPC)).map(({ file }) => [from, file!] as const)
);

Deno.test("rooms: every file of lib/ipc stands in one of them", () => {
  assertEquals([...new Set(files.map(roomOf))].sort(), Object.keys(ROOMS).sort());
});

Deno.test("rooms: arrows lead down", () => {
  const up = arrows.filter(([from, to]) => {
    const [own, other] = [roomOf(from), roomOf(to)!];
    return own !== null && own !== other && !ROOMS[own]!.knows.includes(other);
  });
  assertEquals(up.map((arrow) => arrow.join(" -> ")), []);
  // What a room may know is below it, so there is no way round.
  const floors = Object.keys(ROOMS);
  for (const [room, { knows }] of Object.entries(ROOMS)) {
    if (room === "testing") continue;
    for (const other of knows) assert(floors.indexOf(other) > floors.indexOf(room), room);
  }
});

Deno.test("rooms: nobody comes in but by the doors, and half of a room at most is doors", () => {
  const through = arrows.filter(([from, to]) => {
    const room = roomOf(to)!;
    const { doors } = ROOMS[room]!;
    return roomOf(from) !== room && doors !== null && !doors.includes(placeOf(to));
  });
  assertEquals(through.map((arrow) => arrow.join(" -> ")), []);
  for (const [room, { doors }] of Object.entries(ROOMS)) {
    const inside = files.filter((path) => roomOf(path) === room);
    if (doors === null) continue;
    for (const door of doors) assert(inside.some((path) => placeOf(path) === door), door);
    assert(doors.length * 2 <= inside.length, `${room}: ${doors.length} of ${inside.length}`);
  }
});

Deno.test("rooms: each says what it is, what it knows, and what it must not", () => {
  for (const [room, { noun, knows }] of Object.entries(ROOMS)) {
    const path = room === "top" ? `${IPC}${noun}` : `${IPC}${room}/${noun}`;
    const head = /^\/\*\*\n([\s\S]*?)\*\//.exec(sources.get(path)?.text ?? "")?.[1] ?? "";
    const text = head.replaceAll(/^ \* ?/gm, "").replaceAll("\n", " ");
    assert(/^The (room|library)/.test(text), `${path}: its head tells of the room`);
    assert(/\bknows\b/i.test(text) && /\bnot\b|\bnothing\b|\bno\b/.test(text), path);
    // The rooms below that it names are those that it may know.
    for (const [, name] of text.matchAll(/`([a-z]+)\/`/g)) {
      assert(knows.includes(name!) || ROOMS[name!] === undefined, `${path}: ${name}`);
    }
  }
});

Deno.test("rooms: no file of lib/ipc leads back to itself, types counted", () => {
  const state = new Map<string, "open" | "done">();
  const circles: string[] = [];
  const walk = (path: string, trail: string[]): void => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") {
      circles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
      return;
    }
    state.set(path, "open");
    for (const { file } of sources.get(path)!.imports) {
      if (file !== null) walk(file, [...trail, path]);
    }
    state.set(path, "done");
  };
  for (const path of files) walk(path, []);
  assertEquals(circles, []);
});

Deno.test("rooms: the codec and the systems' folders keep to themselves", () => {
  const importsOf = (path: string) => sources.get(path)!.imports.map(({ specifier }) => specifier);
  assertEquals(importsOf("lib/ipc/wire/chunk_text.ts"), []);
  assertEquals(importsOf("lib/ipc/wire/codec.ts"), ["./chunk_text.ts"]);
  assertEquals(importsOf("lib/ipc/os/transport.ts"), []);
});

Deno.test(`rooms: no file is over ${LINES_MAX} lines`, async () => {
  const texts = new Map([...sources].map(([path, { text }]) => [path, text]));
  for (const path of ["build.ts", ...filesBelow("tests"), ...filesBelow("examples")]) {
    texts.set(path, await Deno.readTextFile(new URL(path, checkout)));
  }
  const linesOf = (text: string) => text.trimEnd().split(/\r?\n/).length;
  const long = [...texts].filter(([path, text]) => linesOf(text) > (LONGER[path] ?? LINES_MAX))
    .map(([path, text]) => `${path}: ${linesOf(text)}`);
  assertEquals(long, []);
  // Whoever cuts one takes it from the list.
  const cut = Object.keys(LONGER).filter((path) => linesOf(texts.get(path) ?? "") <= LINES_MAX);
  assertEquals(cut, []);
});

Deno.test(`rooms: no folder of lib/ipc has over ${FILES_MAX} files`, () => {
  const folders = new Map<string, number>();
  for (const path of files) {
    const folder = path.slice(0, path.lastIndexOf("/"));
    folders.set(folder, (folders.get(folder) ?? 0) + 1);
  }
  for (const [folder, count] of folders) assert(count <= FILES_MAX, `${folder}: ${count} files`);
});

/** The modules below a folder of the checkout. */
function filesBelow(folder: string): string[] {
  return [...Deno.readDirSync(new URL(`${folder}/`, checkout))].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory ? filesBelow(path) : /\.tsx?$/.test(name) ? [path] : [];
  });
}
