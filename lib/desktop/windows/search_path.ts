/**
 * This user's PATH, where Windows keeps it. Programs that start later see a change.
 *
 * @module
 */
import { wide } from "../../system/kernel32.ts";
import { deleteRegistryValue, readRegistry, writeRegistry } from "./registry.ts";

const KEY = "Environment";
const NAME = "Path";

const HWND_BROADCAST = Deno.UnsafePointer.create(0xffffn);
const WM_SETTINGCHANGE = 0x1a;
const SMTO_ABORTIFHUNG = 2;
const DWORD_PTR = { sizeof: 8 } as const;
/** Milliseconds that each window has to take note. */
const PATIENCE = 500;

/** Whether two entries name one folder: Windows ignores case and a trailing backslash. */
function sameFolder(a: string, b: string): boolean {
  const plain = (path: string) => path.trim().replace(/\\+$/, "").toLowerCase();
  return plain(a) === plain(b);
}

function entries(): string[] {
  const present = readRegistry(KEY, NAME);
  return typeof present?.value === "string" ? present.value.split(";") : [];
}

/** Whether the folder is on the user's PATH. */
function isOnSearchPath(folder: string): boolean {
  return entries().some((entry) => sameFolder(entry, folder));
}

/** Adds the folder at the end; what is there, and how it is written, stays. */
export function addToSearchPath(folder: string): void {
  if (isOnSearchPath(folder)) return;
  const present = readRegistry(KEY, NAME);
  const before = typeof present?.value === "string" ? present.value : "";
  const value = before === "" ? folder : `${before.replace(/;$/, "")};${folder}`;
  writeRegistry(KEY, NAME, { type: present?.type === "string" ? "string" : "expandable", value });
  announce();
}

/** Removes the folder; a PATH that nothing else is on goes with it. */
export function removeFromSearchPath(folder: string): void {
  const present = readRegistry(KEY, NAME);
  if (present === null || !isOnSearchPath(folder)) return;
  const value = entries().filter((entry) => !sameFolder(entry, folder)).join(";");
  if (value === "") deleteRegistryValue(KEY, NAME);
  else writeRegistry(KEY, NAME, { ...present, value } as typeof present);
  announce();
}

/** Tells Explorer and others, so that what they start sees the change at once. */
function announce(): void {
  const user32 = Deno.dlopen("user32.dll", {
    SendMessageTimeoutW: {
      parameters: ["pointer", "u32", "usize", "buffer", "u32", "u32", "buffer"],
      result: "isize",
    },
  });
  try {
    user32.symbols.SendMessageTimeoutW(
      HWND_BROADCAST,
      WM_SETTINGCHANGE,
      0n,
      wide("Environment"),
      SMTO_ABORTIFHUNG,
      PATIENCE,
      new Uint8Array(DWORD_PTR.sizeof),
    );
  } finally {
    user32.close();
  }
}
