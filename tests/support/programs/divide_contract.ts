/**
 * A contract by Standard Schema without a library: executables for Windows that hold one are too
 * large for the lab's runtime. tests/unit/methods/contract_test.ts has the libraries.
 *
 * @module
 */

import type { StandardSchema } from "../../../lib/ipc/mod.ts";

const numbers = (names: readonly string[]) => ({
  type: "object",
  properties: Object.fromEntries(names.map((name) => [name, { type: "number" }])),
  required: [...names],
});

/** An object whose members of these names are numbers. */
function numbersSchema<Name extends string>(
  ...names: Name[]
): StandardSchema<Record<Name, number>> {
  return {
    "~standard": {
      version: 1,
      vendor: "neverliie-tests",
      validate(value) {
        const record = value as Record<string, unknown>;
        const issues = names.filter((name) => !Number.isFinite(record[name]))
          .map((name) => ({ path: [name], message: "must be a finite number" }));
        return issues.length > 0 ? { issues } : { value: record as Record<Name, number> };
      },
      jsonSchema: { input: () => numbers(names), output: () => numbers(names) },
    },
  };
}

/** Of the fixture's `divide`; dividing by zero breaks it, as JSON has no infinity. */
export const divideContract = {
  params: numbersSchema("a", "b"),
  result: numbersSchema("quotient"),
  description: "divides a by b",
  idempotent: true,
  tool: true,
} as const;

/** Of the fixture's topic `level`. */
export const levelTopic = { topic: numbersSchema("level"), description: "how full it is" } as const;
