/**
 * Figures that a test leaves for docs/reliability.md: a line of its output, which the test runner
 * collects.
 *
 * @module
 */

/** What such a line begins with. */
export const RECORD_MARK = "@record ";

/** One test's figures; units are in their names. */
export interface TestRecord {
  subject: string;
  figures: Readonly<Record<string, number | string>>;
}

/** Leaves figures of a subject. */
export function record(subject: string, figures: TestRecord["figures"]): void {
  console.log(`${RECORD_MARK}${JSON.stringify({ subject, figures })}`);
}

/** The records in what a part of a test run printed. */
export function recordsIn(output: string): TestRecord[] {
  return output.split("\n").flatMap((line) => {
    const at = line.indexOf(RECORD_MARK);
    return at < 0 ? [] : [JSON.parse(line.slice(at + RECORD_MARK.length)) as TestRecord];
  });
}
