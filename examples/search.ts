/** An app that finds notes by their words. It learns them from the app `notes` when it is woken. */
import { NeverLiieIPC } from "@neverliie/ipc";
import type { Note, Notes } from "./notes_contract.ts";

const idsByWord = new Map<string, Set<number>>();

function learn({ id, text }: Note): void {
  for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? []) {
    if (!idsByWord.has(word)) idsByWord.set(word, new Set());
    idsByWord.get(word)!.add(id);
  }
}

await using ipc = await NeverLiieIPC.open("search");
ipc.expose("added", learn);
ipc.expose("find", async ({ word }: { word: string }) => {
  await learned;
  return [...idsByWord.get(word.toLowerCase()) ?? []];
});

// Both apps may call each other at the same time: neither waits for the other to fall silent.
const learned = (async () => {
  for await (const note of ipc.connect<Notes>("notes").all()) learn(note);
})();

console.log("search serves");
await Promise.all([learned, ipc.closed]);
