/** The status bar's configuration: `statusbar.jsonc` in the home. */
import * as v from "valibot";

const COLOURS = [
  ...["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white", "gray"] as const,
];

const COLOUR_PROBLEM = `must be ${COLOURS.join(", ")} or "#rrggbb"`;

const colour = v.pipe(
  v.union(
    [v.picklist(COLOURS), v.pipe(v.string(), v.regex(/^#[0-9a-fA-F]{6}$/, COLOUR_PROBLEM))],
    COLOUR_PROBLEM,
  ),
  v.description(`a colour's name, or "#rrggbb"`),
);

const about = (text: string) => v.description<string, string>(text);

const percent = (fallback: number, text: string) =>
  v.pipe(
    v.optional(
      v.pipe(v.number(), v.minValue(0, "must be 0 to 100"), v.maxValue(100, "must be 0 to 100")),
      fallback,
    ),
    v.description(text),
  );

/** What every segment may have. */
const shared = {
  label: v.optional(v.pipe(v.string(), about("what stands before the figure"))),
  colour: v.optional(colour),
};
const levels = {
  warn: percent(70, "yellow from here on, in percent"),
  alarm: percent(90, "red from here on, in percent"),
};
const spark = v.pipe(
  v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(60)), 10),
  v.description("columns of the sparkline, 0 for none"),
);

const SEGMENTS = {
  clock: {
    format: v.pipe(
      v.optional(v.string(), "HH:mm:ss"),
      v.description(
        "yyyy MM dd HH hh mm ss, a (am, pm), EEE (weekday); all else stands for itself",
      ),
    ),
  },
  cpu: { ...levels, spark },
  memory: { ...levels, spark },
  network: {},
  disk: {
    ...levels,
    path: v.optional(
      v.pipe(v.string(), about("a path on the volume; the system's own by default")),
    ),
  },
  battery: {
    low: percent(20, "red from here down while it discharges, in percent"),
  },
  mesh: {},
  notices: {},
} as const;

/** The kinds of segments. */
export type SegmentType = keyof typeof SEGMENTS;

const types = Object.keys(SEGMENTS) as SegmentType[];

const segmentObject = v.variant(
  "type",
  [
    v.strictObject({ type: v.literal("clock"), ...shared, ...SEGMENTS.clock }),
    v.strictObject({ type: v.literal("cpu"), ...shared, ...SEGMENTS.cpu }),
    v.strictObject({ type: v.literal("memory"), ...shared, ...SEGMENTS.memory }),
    v.strictObject({ type: v.literal("network"), ...shared, ...SEGMENTS.network }),
    v.strictObject({ type: v.literal("disk"), ...shared, ...SEGMENTS.disk }),
    v.strictObject({ type: v.literal("battery"), ...shared, ...SEGMENTS.battery }),
    v.strictObject({ type: v.literal("mesh"), ...shared, ...SEGMENTS.mesh }),
    v.strictObject({ type: v.literal("notices"), ...shared, ...SEGMENTS.notices }),
  ],
);

/** A segment with all that can be said about it. */
export type Segment = v.InferOutput<typeof segmentObject>;

const DEFAULT_SEGMENTS: SegmentType[] = [
  ...["clock", "cpu", "memory", "network", "disk", "battery", "mesh", "notices"] as const,
];

/** The whole file. */
export const configSchema = v.strictObject({
  $schema: v.optional(v.pipe(v.string(), about("this file's schema, for editors"))),
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
          [v.picklist(types), segmentObject],
          (issue) => segmentProblem(issue.input),
        ),
      ),
      DEFAULT_SEGMENTS,
    ),
    v.description("what the line shows, from left to right: names, or objects with a type"),
  ),
});

/** The configuration, defaults filled in. */
export type StatusBarConfig = v.InferOutput<typeof configSchema>;

/** The segments as objects. */
export function segmentsOf(config: StatusBarConfig): Segment[] {
  return config.segments.map((segment) =>
    typeof segment === "string" ? v.parse(segmentObject, { type: segment }) : segment
  );
}

/** What is wrong with a segment: the union alone would only say that nothing fits. */
function segmentProblem(input: unknown): string {
  const listed = `must be ${types.join(", ")}, or an object with one of them as its type`;
  if (typeof input !== "object" || input === null || !("type" in input)) return listed;
  if (!types.includes(input.type as SegmentType)) return listed;
  const result = v.safeParse(segmentObject, input);
  const [issue] = result.issues ?? [];
  const key = v.getDotPath(issue!) ?? "";
  return issue!.expected === "never" ? `unknown key "${key}"` : `${key}: ${issue!.message}`;
}
