/** What the apps `notes` and `search` offer each other: types only, so neither imports the other. */

export interface Note {
  id: number;
  text: string;
}

export interface Notes {
  /** Keeps a note; returns its id. */
  add(params: { text: string }): Promise<number>;
  /** The notes with a word in them. */
  with(params: { word: string }): Promise<Note[]>;
  /** Every note, in order. */
  all(): AsyncIterable<Note>;
}

export interface Search {
  /** Ids of the notes with a word in them. */
  find(params: { word: string }): Promise<number[]>;
  /** Told of each new note. */
  added(note: Note): Promise<void>;
}
