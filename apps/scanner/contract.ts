/** What other programs may ask of the scanner. */

/** Params of `deep_scan`. */
export interface DeepScanParams {
  /** The folder to scan, absolute or relative to the scanner's own working folder. */
  folder: string;
}

/**
 * One step of a scan. The tree is walked twice: first to count ("counting", a step now and then),
 * then to read ("scanning", one step for each file and for each error); the last step has
 * `finished: true` and the totals.
 */
export interface ScanStep {
  phase: "counting" | "scanning";
  /**
   * What the step is about, relative to the scanned folder: the file just read, the file or folder
   * that could not be read, while counting the folder just counted; "" in the last step.
   */
  file: string;
  /** Files dealt with so far; 0 while counting. */
  done: number;
  /** Files in all: counted so far while counting, fixed from then on unless more appear. */
  total: number;
  /** Bytes in the files so far. */
  bytes: number;
  /** How many files and folders could not be read so far; each had a step of its own. */
  errors: number;
  /** Why `file` could not be read, or null. */
  error: string | null;
  /** Whether this is the last step. */
  finished: boolean;
}

/** The methods of the app "scanner". */
export interface Scanner {
  /** Walks a folder and everything below it; symbolic links are counted but not followed. */
  deep_scan(params: DeepScanParams): AsyncIterable<ScanStep>;
}
