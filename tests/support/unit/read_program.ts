/** Reads the file that it is given, as programs of the suite do, and prints it or why it cannot. */
import { readTextFile } from "../../../lib/system/text_file.ts";

try {
  console.log(await readTextFile(Deno.args[0]!));
} catch (error) {
  console.log((error as Error).message);
}
