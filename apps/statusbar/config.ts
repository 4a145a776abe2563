/** The status bar's configuration: `statusbar.jsonc` in the home. */
import * as v from "valibot";
import { type Segment, SEGMENT_TYPES, segmentSchema, type SegmentType } from "./segments.ts";

/** The whole file. */
export const configSchema = v.strictObject({
  $schema: v.optional(v.pipe(v.string(), v.description("this file's schema, for editors"))),
  position: v.pipe(
    v.optional(v.picklist(["top", "bottom"], 'must be "top" or "bottom"'), "bottom"),
    v.description("the edge of the terminal that the line lives at"),
  ),
  interval: v.pipe(
    v.optional(
      v.pipe(
        v.number(),
        v.minValue(250, "must be 250 to 60000"),
        v.maxValue(60_000, "must be 250 to 60000"),
      ),
      1_000,
    ),
    v.description("milliseconds between two readings"),
  ),
  separator: v.pipe(v.optional(v.string(), "  "), v.description("what stands between segments")),
  segments: v.pipe(
    v.optional(
      v.array(
        v.union(
          [v.picklist(SEGMENT_TYPES), segmentSchema],
          (issue) => segmentProblem(issue.input),
        ),
      ),
      [...SEGMENT_TYPES],
    ),
    v.description("what the line shows, from left to right: names, or objects with a type"),
  ),
});

/** The configuration, defaults filled in. */
export type StatusBarConfig = v.InferOutput<typeof configSchema>;

/** The segments as objects. */
export function segmentsOf(config: StatusBarConfig): Segment[] {
  return config.segments.map((segment) =>
    typeof segment === "string" ? v.parse(segmentSchema, { type: segment }) : segment
  );
}

/** What is wrong with a segment: the union alone would only say that nothing fits. */
function segmentProblem(input: unknown): string {
  const listed = `must be ${SEGMENT_TYPES.join(", ")}, or an object with one of them as its type`;
  if (typeof input !== "object" || input === null || !("type" in input)) return listed;
  if (!SEGMENT_TYPES.includes(input.type as SegmentType)) return listed;
  const result = v.safeParse(segmentSchema, input);
  const [issue] = result.issues ?? [];
  const key = v.getDotPath(issue!) ?? "";
  return issue!.expected === "never" ? `unknown key "${key}"` : `${key}: ${issue!.message}`;
}
