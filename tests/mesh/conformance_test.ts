/** Our own host, held to docs/protocol.md by the conformance kit. */
import { assertEquals } from "@std/assert";
import { runChecks } from "../../apps/neverliie/conformance/run.ts";
import { CHECKS } from "../../apps/neverliie/conformance/sections.ts";
import { OwnProgram } from "../support/conformance/own_program.ts";
import { loadCommand, MODE, scriptCommand, WINDOWS } from "../support/mesh/mesh.ts";
import { patient, withLimit } from "../support/run/watchdog.ts";

/** Milliseconds that an answer, a start or an end may take. */
const TIMEOUT = 20_000;
/** What Windows does not have: a pipe lies in no folder, and goes with its process. */
const SKIPPED = WINDOWS ? ["locks.folders", "shutdown.socket-first"] : [];

const command = MODE === "script"
  ? scriptCommand("examples/conformance_host.ts")
  : [...loadCommand(), "--conformance"];

Deno.test(`${Deno.build.os} ${MODE}: our own host passes the conformance kit`, async () => {
  const timeout = patient(TIMEOUT);
  await using program = await OwnProgram.start(command, timeout);
  const check = runChecks(program.host, CHECKS, { timeout });
  const results = await withLimit("the conformance kit", check, 120_000);
  assertEquals(results.filter(({ result }) => result === "failed"), []);
  const skipped = results.filter(({ result }) => result === "skipped").map(({ id }) => id);
  assertEquals(skipped, SKIPPED);
});
