import { assert, assertEquals } from "@std/assert";
import { declarations } from "../../../apps/neverliie/types/declarations.ts";
import { TypeWriter } from "../../../apps/neverliie/types/schema_types.ts";
import { toolsOf } from "../../../apps/neverliie/mcp/tools.ts";
import type { AppDescription, JsonSchema, MethodDescription } from "../../../lib/ipc/mod.ts";

const app = (name: string, ...methods: Partial<MethodDescription>[]): AppDescription => ({
  name,
  methods: methods.map((method) => ({ name: "m", kind: "call", ...method })),
  pid: 1,
  started: 0,
  version: null,
  protocol: 1,
  deno: "2.9.5",
  launch: null,
  permissions: [],
  topics: [],
});

const types: [schema: JsonSchema, type: string][] = [
  [{ type: "string", minLength: 1 }, "string"],
  [{ type: "integer" }, "number"],
  [{ type: ["string", "null"] }, "string | null"],
  [{ enum: ["a", 1, null] }, '"a" | 1 | null'],
  [{ const: true }, "true"],
  [{ anyOf: [{ type: "string" }, { type: "number" }] }, "string | number"],
  [{ oneOf: [{ type: "string" }, {}] }, "unknown"],
  [{ type: "array", items: { type: ["string", "null"] } }, "(string | null)[]"],
  [{ type: "array", items: { type: "array", items: { type: "null" } } }, "null[][]"],
  [{ type: "array" }, "unknown[]"],
  [{ prefixItems: [{ type: "string" }, { type: "number" }] }, "[string, number]"],
  [
    { type: "array", items: [{ type: "string" }], additionalItems: { type: "null" }, minItems: 0 },
    "[string?, ...null[]]",
  ],
  [{ type: "object", additionalProperties: { type: "number" } }, "Record<string, number>"],
  [{ type: "object" }, "Record<string, unknown>"],
  [
    { properties: { a: { type: "string" }, "b c": {} }, required: ["a"] },
    '{\n  a: string;\n  "b c"?: unknown;\n}',
  ],
  [
    { properties: { a: {} }, additionalProperties: { type: "string" } },
    "{\n  a?: unknown;\n} & Record<string, string>",
  ],
  [
    {
      type: "array",
      items: { allOf: [{ properties: { a: {} } }, { properties: { b: {} } }] },
    },
    "({\n  a?: unknown;\n} & {\n  b?: unknown;\n})[]",
  ],
  [{ not: { type: "string" } }, "unknown"],
  [{ $ref: "https://example.com/other.json" }, "unknown"],
];

for (const [schema, type] of types) {
  Deno.test(`TypeWriter: ${JSON.stringify(schema)}`, () => {
    assertEquals(new TypeWriter().write(schema, "X"), type);
  });
}

Deno.test("TypeWriter: what is referred to becomes a type of its own, also when it refers to itself", () => {
  const writer = new TypeWriter();
  const node = {
    type: "object",
    description: "A node.",
    properties: { next: { $ref: "#/$defs/node" } },
  };
  const schema = { $ref: "#/$defs/node", $defs: { node } };
  assertEquals(writer.write(schema, "GetResult"), "GetResultNode");
  assertEquals(writer.write(schema, "GetResult"), "GetResultNode2");
  assertEquals(writer.named, [
    "/** A node. */\nexport type GetResultNode = {\n  next?: GetResultNode;\n};\n",
    "/** A node. */\nexport type GetResultNode2 = {\n  next?: GetResultNode2;\n};\n",
  ]);
  const self = { properties: { next: { $ref: "#" } } };
  assertEquals(new TypeWriter().write(self, "Self"), "{\n  next?: Self;\n}");
});

Deno.test("declarations: params by what is known of them", () => {
  const text = declarations(app(
    "my-app",
    { name: "named", params: ["a", "b c"] },
    { name: "none", params: [] },
    { name: "any" },
    { name: "optional", schemas: { params: { type: "object", properties: { a: {} } } } },
    { name: "get.it", kind: "stream", description: "ends a comment: */\nhere" },
  ));
  assert(text.includes('/** The methods of the app "my-app". */\nexport interface MyApp {'), text);
  for (
    const line of [
      '  named(params: { a?: unknown; "b c"?: unknown }): Promise<unknown>;',
      "  none(): Promise<unknown>;",
      "  any(params?: Record<string, unknown>): Promise<unknown>;",
      "  optional(params?: {\n    a?: unknown;\n  }): Promise<unknown>;",
      "  /**\n   * ends a comment: *\\/\n   * here\n   */",
      '  "get.it"(params?: Record<string, unknown>): AsyncIterable<unknown>;',
    ]
  ) assert(text.includes(`${line}\n`), `${line}\nis not in\n${text}`);
});

Deno.test("declarations: the topics, by the schemas of their values", () => {
  const item = { type: "object", properties: { title: { type: "string" } }, required: ["title"] };
  const topics = [
    { name: "track", retain: true as const, description: "what plays", schemas: { item } },
    { name: "any-thing" },
  ];
  const text = declarations({ ...app("my-app"), topics });
  const told = text.slice(text.indexOf('/** What the topics of "my-app" tell. */'));
  assertEquals(
    told,
    '/** What the topics of "my-app" tell. */\nexport interface MyAppTopics {\n' +
      '  /** what plays */\n  track: {\n    title: string;\n  };\n  "any-thing": unknown;\n}\n',
  );
});

Deno.test("toolsOf: names that assistants take, each once; what is not marked is no tool", () => {
  const long = "m".repeat(80);
  const tools = toolsOf([app(
    "app",
    { name: "a.b", tool: true },
    { name: "a/b", tool: true },
    { name: "hidden" },
    { name: long, tool: true },
    { name: `${long}2`, tool: true, params: ["x"] },
  )]);
  assertEquals(tools.map(({ name }) => name), [
    "app_a_b",
    "app_a_b_2",
    `app_${long}`.slice(0, 64),
    `app_${long}`.slice(0, 62) + "_2",
  ]);
  assertEquals(tools[3]!.inputSchema, { type: "object", properties: { x: {} } });
  assertEquals(tools[0]!.description, 'the method "a.b" of "app"');
});
