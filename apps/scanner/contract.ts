/** What other programs may ask of the scanner. */

/** Params of `deep_scan`. */
export interface DeepScanParams {
  /** The folder to scan, absolute or relative to the scanner's own working folder. */
  folder: string;
  /**
   * "files" (unless given): a step for each file. "progress": ten steps a second, which is what a
   * view wants and many times as fast.
   */
  steps?: "files" | "progress";
  /** How many of the largest files and folders the last step tells, 0..1000; 0 unless given. */
  top?: number;
  /** Whether to look for files of the same content; false unless given. */
  duplicates?: boolean;
}

/**
 * One step of a scan. The tree is walked twice: first to count ("counting", a step now and then),
 * then to read ("scanning", one step for each file and for each error). Where duplicates are looked
 * for, files of the same size are read ("hashing"). The last step has `finished: true` and the
 * totals.
 */
export interface ScanStep {
  phase: "counting" | "scanning" | "hashing";
  /**
   * What the step is about, relative to the scanned folder: the file just read, the file or folder
   * that could not be read, while counting the folder just counted; "" in the last step.
   */
  file: string;
  /** Files dealt with so far in this phase; 0 while counting. */
  done: number;
  /**
   * Files in all: counted so far while counting, fixed from then on unless more appear. While
   * hashing, the files whose content has to be read.
   */
  total: number;
  /**
   * How long the files so far are, in bytes. A file of several names (hard links) counts once, at
   * the first of them, here and in all that tells bytes; `done` and `total` count its names.
   */
  bytes: number;
  /**
   * Bytes on disk that the files and folders so far take. A file with holes takes less than its
   * length, a short one mostly more. Where the system does not tell, the length.
   */
  taken: number;
  /** How many files and folders could not be read so far; each had a step of its own. */
  errors: number;
  /** Why `file` could not be read, or null. */
  error: string | null;
  /** Whether this is the last step. */
  finished: boolean;
  /** Files a second in this phase; in steps of "progress". */
  rate?: number;
  /** In the last step, where `top` or `duplicates` asked for it. */
  summary?: ScanSummary;
}

/** A file or a folder, and its size. */
export interface Sized {
  /** Relative to the scanned folder; "" is the folder itself. */
  path: string;
  /** Its length in bytes; of a folder, that of all files below it. */
  bytes: number;
  /** Bytes that it takes on disk; of a folder, with all that is below it. */
  taken: number;
}

/** Files of the same content. */
export interface DuplicateGroup {
  /** Bytes of each of them. */
  bytes: number;
  /** SHA-256 of the content, in hex. */
  hash: string;
  /** How many they are: two or more. */
  count: number;
  /** The first 100 of them, sorted, relative to the scanned folder. */
  files: string[];
}

/** What a scan came to. */
export interface ScanSummary {
  /** Folders, the scanned one included. */
  folders: number;
  seconds: number;
  /** Files a second, counting included and hashing not. */
  rate: number;
  /** Those that take most on disk first. */
  largestFiles: Sized[];
  largestFolders: Sized[];
  /** What could be freed first; at most 1000 groups, fewer where their names are very long. */
  duplicates: DuplicateGroup[];
  /** Bytes that would be freed by keeping one of each group, also of groups that are not told. */
  duplicateBytes: number;
}

/** The methods of the app "scanner". */
export interface Scanner {
  /** Walks a folder and everything below it; symbolic links are counted but not followed. */
  deep_scan(params: DeepScanParams): AsyncIterable<ScanStep>;
}
