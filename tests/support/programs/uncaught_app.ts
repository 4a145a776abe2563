/** An app of the suite's kind that fails outside of what is awaited, as its argument says. */
import { runApp } from "../../../apps/app.ts";

const MESSAGE = "a\x1b]0;title\x07\u202eb\x9bc";

await runApp({
  name: "uncaught",
  help: "",
  serve() {},
  async job(_client, [how]) {
    if (how === "error") {
      setTimeout(() => {
        throw new Error(MESSAGE);
      }, 0);
    } else void Promise.reject(new Error(MESSAGE));
    // Longer than the test waits: what ends the program is the error.
    await new Promise((resolve) => setTimeout(resolve, 600_000));
    return 0;
  },
});
