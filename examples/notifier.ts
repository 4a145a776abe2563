/**
 * An app that shows messages, as something in the tray would. Start it again with a text, and the
 * one that runs shows that: `notifier.ts "Build done"`. Other programs call `post`, and those that
 * want to show messages themselves read `watch`.
 */
import { NeverLiieIPC } from "@neverliie/ipc";

interface Message {
  time: string;
  text: string;
}

const watchers = new Set<(message: Message) => void>();

function post(text: string): number {
  const message = { time: new Date().toISOString(), text };
  console.log(text);
  for (const tell of watchers) tell(message);
  return watchers.size;
}

await using ipc = await NeverLiieIPC.open("notifier", {
  onSecondInstance: ({ args }) => void post(args.join(" ") || "I am here already"),
});

ipc.expose("post", ({ text }: { text: string }) => post(text), {
  params: ["text"],
  description: "shows a message; returns how many watch",
});

ipc.expose("watch", async function* (_params, { signal }) {
  const waiting: Message[] = [];
  let wake = () => {};
  const tell = (message: Message) => {
    waiting.push(message);
    wake();
  };
  watchers.add(tell);
  signal.addEventListener("abort", () => wake());
  try {
    // A first item at once: until one is there, a caller does not know that the app answers.
    yield { time: new Date().toISOString(), text: "watching" };
    while (!signal.aborted) {
      if (waiting.length > 0) yield waiting.shift()!;
      else await new Promise<void>((resolve) => wake = resolve);
    }
  } finally {
    watchers.delete(tell);
  }
}, { description: "messages as they come" });

console.log(Deno.args.join(" ") || "ready");
await ipc.closed;
