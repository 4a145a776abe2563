/**
 * An app that shows messages, as something in the tray would. Start it again with a text, and the
 * one that runs shows that: `notifier.ts "Build done"`. Other programs call `post`, and those that
 * want to show messages themselves subscribe to `messages`: `neverliie events notifier messages`.
 */
import { NeverLiieIPC } from "@neverliie/ipc";

interface Message {
  time: string;
  text: string;
}

await using ipc = await NeverLiieIPC.open("notifier", {
  onSecondInstance: ({ args }) => void post(args.join(" ") || "I am here already"),
});

const messages = ipc.topic<Message>("messages", { description: "messages as they come" });

function post(text: string): number {
  console.log(text);
  messages.emit({ time: new Date().toISOString(), text });
  return messages.subscribers;
}

ipc.expose("post", ({ text }: { text: string }) => post(text), {
  params: ["text"],
  description: "shows a message; returns how many listen",
});

console.log(Deno.args.join(" ") || "ready");
await ipc.closed;
