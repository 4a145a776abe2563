/**
 * `neverliie doctor`: what is wrong with the mesh, how to mend it, and mending it.
 *
 * @module
 */

import { type CommonOptions } from "../commands.ts";
import { diagnose, type Finding } from "./diagnosis.ts";
import { print, tell, writeLine } from "../../output.ts";

/** A finding as it is told, `fixed` once `--fix` has mended it. */
interface Told extends Omit<Finding, "remedy"> {
  /** Whether `--fix` mends it. */
  fixable: boolean;
  /** Whether it was mended just now. */
  fixed: boolean;
}

/** Rounds of finding and mending: a home that can be used again may hold more to mend. */
const ROUNDS = 4;

/** `neverliie doctor [--fix]`; the exit code is 1 where something is wrong at the end. */
export async function doctor({ fix, json, signal }: CommonOptions & { fix?: boolean }) {
  let findings = await diagnose(signal);
  const mended: Told[] = [];
  for (let round = 0; fix && round < ROUNDS && findings.some(({ remedy }) => remedy); round++) {
    const tried = findings.filter(({ remedy }) => remedy !== undefined);
    for (const finding of tried) await mend(finding);
    findings = await diagnose(signal);
    // Looked at again: what is still found was not mended, whatever the remedy said.
    const left = new Set(findings.map(({ problem }) => problem));
    const gone = tried.filter(({ problem }) => !left.has(problem));
    for (const finding of gone) mended.push(told(finding, true));
    if (gone.length === 0) break;
  }
  const all = [...mended, ...findings.map((finding) => told(finding, false))];
  const wrong = findings.filter(({ level }) => level === "problem").length;
  if (wrong > 0) Deno.exitCode = 1;
  if (json) return print({ ok: wrong === 0, findings: all }, true);
  for (const finding of all) show(finding);
  writeLine(summary(all, wrong, fix ?? false));
}

async function mend({ remedy, problem }: Finding): Promise<void> {
  try {
    await remedy!();
  } catch (error) {
    tell(`Cannot mend (${problem}): ${(error as Error).message}`);
  }
}

function told({ check, level, problem, mend, remedy }: Finding, fixed: boolean): Told {
  return { check, level, problem, mend, fixable: remedy !== undefined, fixed };
}

function show({ check, level, problem, mend, fixable, fixed }: Told): void {
  writeLine(`${fixed ? "mended" : level}  ${check}: ${problem}`);
  if (!fixed) writeLine(`  to mend: ${mend}${fixable ? " (--fix does it)" : ""}`);
}

function summary(all: readonly Told[], wrong: number, fix: boolean): string {
  const fixable = all.some((finding) => finding.fixable && !finding.fixed);
  if (wrong === 0) {
    return all.length === 0 ? "Nothing is wrong." : "Nothing else is wrong.";
  }
  const count = wrong === 1 ? "1 problem" : `${wrong} problems`;
  return `${count}.${fixable && !fix ? " neverliie doctor --fix mends what is safe." : ""}`;
}
