/**
 * All lines that a program can go through, in the order of docs/windows-checklist.md.
 *
 * @module
 */
import { APP_LINES } from "./apps.ts";
import type { Line } from "./line.ts";
import { LOW_LINES } from "./low_integrity.ts";
import { PIPE_LINES } from "./pipes.ts";
import { PROGRAM_LINES } from "./programs.ts";
import { SESSION_LINES } from "./sessions.ts";

export const LINES: readonly Line[] = [
  ...PIPE_LINES,
  ...LOW_LINES,
  ...SESSION_LINES,
  ...PROGRAM_LINES,
  ...APP_LINES,
];
