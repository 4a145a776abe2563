/** A console that shows what programs write as UTF-8. */
import { kernel32 } from "./kernel32.ts";

const CP_UTF8 = 65001;
let done = false;

/**
 * Makes console programs that this process starts on Windows write UTF-8: cmd.exe and most others
 * convert their text to the code page of the console they share with it, which is an old one unless
 * somebody says otherwise. Does nothing elsewhere, and where there is no console.
 */
export function useUtf8Console(): void {
  if (done || Deno.build.os !== "windows") return;
  done = true;
  const { GetConsoleOutputCP, SetConsoleOutputCP } = kernel32();
  if (GetConsoleOutputCP() !== CP_UTF8) SetConsoleOutputCP(CP_UTF8);
}
