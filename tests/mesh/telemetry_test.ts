/**
 * Spans of a call through three processes, as a collector of OpenTelemetry (OTLP over HTTP) gets
 * them from Deno's own exporter. Scripts only: whether an executable exports anything is settled by
 * Deno when it is compiled.
 */
import { assert, assertEquals } from "@std/assert";
import { meshTest, MODE, suiteCommand, type TestMesh } from "../support/mesh/mesh.ts";

/** A span, as far as these tests look. */
interface Span {
  service: string;
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  attributes: Record<string, unknown>;
  error: string | undefined;
}

const CLIENT = 3;
const SERVER = 2;

/** A collector on a free port of this machine. */
function collector(): AsyncDisposable & {
  env: Record<string, string>;
  /** Resolves with all spans so far once `count` spans have such names. */
  until(count: number, names: RegExp): Promise<Span[]>;
} {
  const spans: Span[] = [];
  let look = () => {};
  const ended = new AbortController();
  const { signal } = ended;
  const place = { hostname: "127.0.0.1", port: 0, signal, onListen() {} };
  const server = Deno.serve(place, async (request) => {
    const body = await request.json();
    for (const { resource, scopeSpans = [] } of body.resourceSpans ?? []) {
      const service = values(resource.attributes)["service.name"] as string;
      for (const span of scopeSpans.flatMap(({ spans }: { spans: unknown[] }) => spans)) {
        const { name, kind, traceId, spanId, parentSpanId, attributes, status } = span;
        const error = status?.code === 2 ? status.message ?? "" : undefined;
        spans.push({
          ...{ service, name, kind, traceId, spanId, error },
          parentSpanId: parentSpanId || undefined,
          attributes: values(attributes),
        });
      }
    }
    look();
    return Response.json({});
  });
  return {
    env: {
      OTEL_DENO: "true",
      OTEL_DENO_CONSOLE: "ignore",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
      OTEL_BSP_SCHEDULE_DELAY: "50",
    },
    until: (count, names) =>
      new Promise((resolve) => {
        look = () => {
          if (spans.filter(({ name }) => names.test(name)).length >= count) resolve(spans);
        };
        look();
      }),
    [Symbol.asyncDispose]() {
      // At once: those who export keep their connections open.
      ended.abort();
      return server.finished;
    },
  };
}

/** OTLP's list of typed values as a record. */
function values(attributes: { key: string; value: object }[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

function command(mesh: TestMesh, env: Record<string, string>, ...args: string[]) {
  return mesh.run([...suiteCommand("neverliie"), ...args], { env });
}

if (MODE === "script") {
  meshTest("telemetry: a call through three processes is one trace", async (mesh) => {
    await mesh.register();
    await mesh.register({ name: "second" });
    await using otel = collector();
    const params = { target: "second", method: "add", params: { a: 1, b: 2 } };
    const call = ["call", "fixture", "call_other", JSON.stringify(params)];
    const { code, stdout, stderr } = await command(mesh, otel.env, ...call);
    assertEquals([code, stdout], [0, "3\n"], stderr);
    const spans = await otel.until(4, /^(fixture|second)\//);
    const span = (name: string, kind: number) => {
      const found = spans.filter((one) => one.name === name && one.kind === kind);
      assertEquals(found.length, 1, `${name} ${kind} in ${JSON.stringify(spans, null, 1)}`);
      return found[0]!;
    };
    const asked = span("fixture/call_other", CLIENT);
    const answered = span("fixture/call_other", SERVER);
    const askedOn = span("second/add", CLIENT);
    const answeredOn = span("second/add", SERVER);
    assertEquals(asked.parentSpanId, undefined);
    assertEquals(answered.parentSpanId, asked.spanId);
    assertEquals(askedOn.parentSpanId, answered.spanId);
    assertEquals(answeredOn.parentSpanId, askedOn.spanId);
    const traces = [asked, answered, askedOn, answeredOn].map(({ traceId }) => traceId);
    assertEquals(new Set(traces).size, 1);
    assertEquals(answeredOn.attributes, {
      "rpc.system": "jsonrpc",
      "rpc.service": "second",
      "rpc.method": "add",
    });
    // What the mesh wakes goes by its name.
    assertEquals([answered.service, answeredOn.service], ["fixture", "second"]);
  });

  meshTest("telemetry: a caller that is called back, and a call from a thread", async (mesh) => {
    await mesh.register();
    await mesh.register({ name: "second" });
    await using otel = collector();
    const back = { target: "second", method: "call_back", params: { method: "pid" } };
    const calls = [
      ["call", "fixture", "call_other", JSON.stringify(back)],
      ["call", "fixture", "call_add_in_thread", '{"target": "second"}'],
    ];
    for (const call of calls) {
      const { code, stderr } = await command(mesh, otel.env, ...call);
      assertEquals(code, 0, stderr);
    }
    const spans = await otel.until(10, /^(fixture|second)?\//);
    /** The names from a span up to the root of its trace. */
    const wayUp = (name: string, service: string) => {
      let span = spans.find((one) =>
        one.name === name && one.service === service && one.kind === SERVER
      );
      const names: string[] = [];
      for (; span !== undefined; span = spans.find(({ spanId }) => spanId === span!.parentSpanId)) {
        names.push(`${span.name} ${span.kind === SERVER ? "answered" : "asked"}`);
      }
      return names;
    };
    assertEquals(wayUp("fixture/pid", "fixture"), [
      "fixture/pid answered",
      "/pid asked",
      "second/call_back answered",
      "second/call_back asked",
      "fixture/call_other answered",
      "fixture/call_other asked",
    ]);
    assertEquals(wayUp("second/add", "second"), [
      "second/add answered",
      "second/add asked",
      "fixture/call_add_in_thread answered",
      "fixture/call_add_in_thread asked",
    ]);
  });

  meshTest(
    "telemetry: streams and errors have spans on both sides, other calls traces of their own",
    async (mesh) => {
      await mesh.register();
      await using otel = collector();
      const stream = await command(mesh, otel.env, "stream", "fixture", "count", '{"to": 3}');
      assertEquals([stream.code, stream.stdout], [0, "0\n1\n2\n"], stream.stderr);
      await command(mesh, otel.env, "call", "fixture", "fail", '{"code": 42}');
      const spans = await otel.until(4, /^fixture\/(count|fail)$/);
      const of = (name: string) => spans.filter((span) => span.name === name);
      const counts = of("fixture/count");
      const fails = of("fixture/fail");
      for (const pair of [counts, fails]) {
        assertEquals(new Set(pair.map(({ kind }) => kind)), new Set([CLIENT, SERVER]));
        assertEquals(new Set(pair.map(({ traceId }) => traceId)).size, 1);
      }
      assert(counts[0]!.traceId !== fails[0]!.traceId);
      assertEquals(counts.map(({ error }) => error), [undefined, undefined]);
      assertEquals(fails.map(({ error }) => error), ["it failed: Grüße", "it failed: Grüße"]);
      const asked = fails.find(({ kind }) => kind === CLIENT)!;
      assertEquals(Number(asked.attributes["rpc.jsonrpc.error_code"]), 42);
    },
  );
}
