/**
 * One contract, written with each of three Standard Schema libraries.
 *
 * @module
 */

import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";

/** With zod. */
export const zodContract = {
  greet: {
    params: z.object({ name: z.string().min(1), times: z.int().default(1) }),
    result: z.string(),
    description: "greets somebody",
  },
  count: { params: z.object({ to: z.number() }), item: z.object({ n: z.number() }) },
  deep: { params: z.object({ list: z.array(z.object({ key: z.string() })) }), result: z.number() },
};

/** With valibot; its companion package knows JSON Schema. */
export const valibotContract = {
  greet: {
    params: toStandardJsonSchema(
      v.object({
        name: v.pipe(v.string(), v.minLength(1)),
        times: v.optional(v.pipe(v.number(), v.integer()), 1),
      }),
    ),
    result: toStandardJsonSchema(v.string()),
    description: "greets somebody",
  },
  count: {
    params: toStandardJsonSchema(v.object({ to: v.number() })),
    item: toStandardJsonSchema(v.object({ n: v.number() })),
  },
  deep: {
    params: toStandardJsonSchema(v.object({ list: v.array(v.object({ key: v.string() })) })),
    result: v.number(),
  },
};

/** With arktype. */
export const arktypeContract = {
  greet: {
    params: type({ name: "string > 0", times: "number.integer = 1" }),
    result: type("string"),
    description: "greets somebody",
  },
  count: { params: type({ to: "number" }), item: type({ n: "number" }) },
  deep: { params: type({ list: type({ key: "string" }).array() }), result: type("number") },
};
