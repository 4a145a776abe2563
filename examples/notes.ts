/** An app that keeps notes, and asks the app `search` for those with a word in them. */
import { NeverLiieIPC } from "@neverliie/ipc";
import type { Note, Search } from "./notes_contract.ts";

const notes: Note[] = [];

await using ipc = await NeverLiieIPC.open("notes");
const search = ipc.connect<Search>("search");

ipc.expose("add", async ({ text }: { text: string }) => {
  const note = { id: notes.length + 1, text };
  notes.push(note);
  await search.added(note);
  return note.id;
});
ipc.expose("with", async ({ word }: { word: string }) => {
  const ids = await search.find({ word });
  return notes.filter(({ id }) => ids.includes(id));
});
ipc.expose("all", function* () {
  yield* notes;
});

console.log("notes serves");
await ipc.closed;
