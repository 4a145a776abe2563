/**
 * Frames of every kind that a peer may send, right and wrong, drawn by fast-check: the same ones for
 * the same seed. Each tells what must come of it.
 *
 * @module
 */

import { joinedBytes as joined } from "../../../apps/joined_bytes.ts";
import fc from "fast-check";

const encoder = new TextEncoder();

/** Bytes of one frame, or of what pretends to be one. */
export interface FuzzFrame {
  kind: string;
  bytes: Uint8Array;
  /** The ids whose answers it brings, each as often as it stands here; `null` for an error without. */
  answers: readonly (string | null)[];
}

/** What a connection sends from its first byte to its last. */
export interface FuzzSession {
  frames: readonly FuzzFrame[];
  /** What comes after the frames. */
  end: FuzzEnd;
  /** Where the bytes are cut into writes, in parts of the whole from 0 to 1. */
  cuts: readonly number[];
}

/** How a session ends: by a frame that must cost the connection, by half of one, or in order. */
export type FuzzEnd =
  | { kind: "fatal" | "half" | "wild"; bytes: Uint8Array }
  | { kind: "order" };

/** One frame around a body. */
export function framed(body: Uint8Array | string, length?: number | string): Uint8Array {
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  const header = encoder.encode(`Content-Length: ${length ?? bytes.length}\r\n\r\n`);
  const frame = new Uint8Array(header.length + bytes.length);
  frame.set(header);
  frame.set(bytes, header.length);
  return frame;
}

const json = fc.jsonValue({ maxDepth: 3, depthSize: "small" });
/** Ids are unique per process, so that each answer is one frame's. */
let nextId = 0;
const freshId = () => `f${nextId++}`;
const text = (value: unknown) => JSON.stringify(value) ?? "null";

const request = fc.tuple(fc.constantFrom("echo", "add", "nope", "__proto__", "$/nope", ""), json)
  .map(([method, params]): FuzzFrame => {
    const id = freshId();
    const given = typeof params === "object" ? params : [params];
    const body = text({ jsonrpc: "2.0", id, method, params: given });
    return { kind: "request", bytes: framed(body), answers: [id] };
  });

const notification = fc.tuple(
  fc.constantFrom("$/cancelRequest", "$/enumerator/abort", "$/unheardOf", "$/progress"),
  json,
).map(([method, value]): FuzzFrame => {
  const body = text({ jsonrpc: "2.0", method, params: { id: value, token: value } });
  return { kind: "notification", bytes: framed(body), answers: [] };
});

const page = fc.tuple(fc.constantFrom("next", "abort"), json).map(([end, token]): FuzzFrame => {
  const id = freshId();
  const body = text({ jsonrpc: "2.0", id, method: `$/enumerator/${end}`, params: [token] });
  return { kind: "page of nothing", bytes: framed(body), answers: [id] };
});

const answerToNothing = fc.tuple(fc.oneof(fc.integer(), fc.string()), json, fc.boolean())
  .map(([id, value, failed]): FuzzFrame => {
    const member = failed ? "error" : "result";
    const body = text({ jsonrpc: "2.0", id: `no-${id}`, [member]: value });
    return { kind: "answer to nothing", bytes: framed(body), answers: [] };
  });

const duplicate = fc.constant(0).map((): FuzzFrame => {
  const id = freshId();
  const hang = framed(text({ jsonrpc: "2.0", id, method: "hang", params: { id } }));
  const cancel = framed(text({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id } }));
  return { kind: "duplicate id", bytes: joined([hang, hang, cancel]), answers: [id, id] };
});

const noMessage = fc.oneof(
  json.filter((value) => typeof value !== "object" || value === null).map(text),
  fc.array(json, { maxLength: 3 }).map(text),
  json.map((value) => text({ jsonrpc: "1.0", method: value, params: value })),
  fc.string().map((rest) => `{"jsonrpc":"2.0","method":${rest}`),
  fc.string().map((rest) => `not JSON: ${rest}`),
  fc.constant(""),
).map((body): FuzzFrame => ({ kind: "no message", bytes: framed(body), answers: [null] }));

const notUtf8 = fc.uint8Array({ maxLength: 40 }).map((bytes): FuzzFrame => {
  const body = new Uint8Array([...encoder.encode('{"a":"'), ...bytes, 0xff, 0xc0, 0x22, 0x7d]);
  return { kind: "not UTF-8", bytes: framed(body), answers: [null] };
});

/** Levels; the deepest, whose frames are large, come seldom. */
const DEEP = [20, 20, 20, 20, 20, 20, 20, 2_000, 2_000, 2_000, 40_000];

const deep = fc.tuple(fc.constantFrom(...DEEP), fc.boolean()).map(
  ([levels, objects]): FuzzFrame => {
    const open = objects ? '{"a":' : "[";
    const close = objects ? "}" : "]";
    const id = freshId();
    const params = `${open.repeat(levels)}0${close.repeat(levels)}`;
    const body = `{"jsonrpc":"2.0","id":"${id}","method":"nope","params":[${params}]}`;
    // Over 64 KiB the brackets alone decide, and the id is never read.
    const refused = body.length > 64 << 10;
    return { kind: "deep JSON", bytes: framed(body), answers: [refused ? null : id] };
  },
);

/** Any frame that a connection survives. */
export const harmless: fc.Arbitrary<FuzzFrame> = fc.oneof(
  { weight: 8, arbitrary: request },
  { weight: 2, arbitrary: notification },
  { weight: 2, arbitrary: page },
  { weight: 3, arbitrary: answerToNothing },
  { weight: 1, arbitrary: duplicate },
  { weight: 4, arbitrary: noMessage },
  { weight: 2, arbitrary: notUtf8 },
  { weight: 1, arbitrary: deep },
);

const printable = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 60 });

/** What no connection survives: a header that is none, or one over a limit. */
export const fatal: fc.Arbitrary<Uint8Array> = fc.oneof(
  printable.filter((line) => !line.includes(":")).map((line) => `${line}\r\n\r\n`),
  printable.map((value) => `Content-Length: ${value}x\r\n\r\n`),
  fc.constantFrom("-1", "1e3", "0x10", "99999999999", "67108865", "").map((length) =>
    `Content-Length: ${length}\r\n\r\n`
  ),
  fc.constant("Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"),
  fc.constant("Content-Length: 2\r\nContent-Type: a; charset=utf-16\r\n\r\n{}"),
  fc.constant("Content-Type: application/json\r\n\r\n{}"),
  fc.constant(`X: ${"x".repeat(4_096)}`),
  fc.constantFrom("\x16\x03\x01\x02\x00", "\x00\x00\x00\x05hello", "\x80\x81"),
).map((line) => Uint8Array.from(line, (char) => char.charCodeAt(0)));

/** Half a header or half a body. */
const half = fc.tuple(harmless, fc.nat(1_000)).map(([{ bytes }, part]) =>
  bytes.subarray(0, 1 + Math.floor((bytes.length - 2) * part / 1_000))
);

/** A length that is not the body's, and what follows it: anything may come of it. */
const wild = fc.tuple(
  json,
  fc.integer({ min: -5, max: 2_000 }),
  fc.array(harmless, { maxLength: 3 }),
)
  .map(([value, by, after]) => {
    const body = encoder.encode(text(value));
    const length = Math.max(0, body.length + by);
    return joined([framed(body, length), ...after.map(({ bytes }) => bytes)]);
  });

const end: fc.Arbitrary<FuzzEnd> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ kind: "order" as const }) },
  { weight: 3, arbitrary: fatal.map((bytes) => ({ kind: "fatal" as const, bytes })) },
  { weight: 1, arbitrary: half.map((bytes) => ({ kind: "half" as const, bytes })) },
  { weight: 1, arbitrary: wild.map((bytes) => ({ kind: "wild" as const, bytes })) },
);

/** One connection. */
export const session: fc.Arbitrary<FuzzSession> = fc.record({
  frames: fc.array(harmless, { minLength: 20, maxLength: 80, size: "max" }),
  end,
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
});

/** `count` sessions of a seed. */
export function sessions(seed: number, count: number): FuzzSession[] {
  return fc.sample(session, { seed, numRuns: count });
}

/** As many frames on as many connections, but valid requests alone: what hostile ones compare to. */
export function honestSessions(seed: number, count: number): FuzzSession[] {
  const frames = fc.array(request, { minLength: 20, maxLength: 80, size: "max" });
  const honest = frames.map((frames): FuzzSession => ({
    frames,
    end: { kind: "order" },
    cuts: [],
  }));
  return fc.sample(honest, { seed, numRuns: count });
}

/** All bytes of a session; what ends it included. */
export function bytesOf({ frames, end }: FuzzSession): Uint8Array {
  const parts = frames.map(({ bytes }) => bytes);
  return joined(end.kind === "order" ? parts : [...parts, end.bytes]);
}

/** `bytes` cut at parts of the whole. */
export function cut(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = cuts.map((part) => Math.floor(part * bytes.length)).sort((a, b) => a - b);
  return [0, ...places].map((at, i) => bytes.subarray(at, places[i] ?? bytes.length))
    .filter(({ length }) => length > 0);
}
