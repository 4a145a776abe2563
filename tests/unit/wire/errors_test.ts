import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import {
  AlreadyRunningError,
  StartLimitError,
  TargetNotRunningError,
  TargetStartError,
  TargetUnknownError,
} from "../../../lib/ipc/activation/start_errors.ts";
import {
  ConnectionLostError,
  ErrorCode,
  fromWireError,
  MethodNotFoundError,
  RemoteError,
  toWireError,
  type WireError,
} from "../../../lib/ipc/wire/errors.ts";

Deno.test("toWireError keeps message, integer code and data, never a stack", () => {
  const { InternalError, MethodNotFound } = ErrorCode;
  const plain = (message: string): WireError => ({ code: InternalError, message });
  const cases: [unknown, WireError][] = [
    [new Error("boom"), plain("boom")],
    [new Error(""), plain("Error")],
    [new TypeError(""), plain("TypeError")],
    [new Error("a\nb ż"), plain("a\nb ż")],
    [Object.assign(new Error("own"), { code: 17 }), { code: 17, message: "own" }],
    [Object.assign(new Error("zero"), { code: 0 }), { code: 0, message: "zero" }],
    [Object.assign(new Error("system"), { code: "ENOENT" }), plain("system")],
    [Object.assign(new Error("half"), { code: 1.5 }), plain("half")],
    [Object.assign(new Error("none"), { code: NaN }), plain("none")],
    [Object.assign(new Error("d"), { data: { at: 3 } }), { ...plain("d"), data: { at: 3 } }],
    [Object.assign(new Error("n"), { data: null }), { ...plain("n"), data: null }],
    [Object.assign(new Error("u"), { data: undefined }), plain("u")],
    [new RemoteError("passed on", 9, [1]), { code: 9, message: "passed on", data: [1] }],
    [new MethodNotFoundError("no such"), { code: MethodNotFound, message: "no such" }],
    [new Error("outer", { cause: new Error("inner") }), plain("outer")],
    [new DOMException("stopped", "AbortError"), plain("stopped")],
    ["text", plain("text")],
    [5, plain("5")],
    [undefined, plain("undefined")],
    [null, plain("null")],
    [Symbol("s"), plain("Symbol(s)")],
  ];
  for (const [thrown, wire] of cases) assertEquals(toWireError(thrown), wire);
});

Deno.test("fromWireError gives each code its class", () => {
  const missing = fromWireError({ code: ErrorCode.MethodNotFound, message: "no such" });
  assertInstanceOf(missing, MethodNotFoundError);
  assertEquals([missing.name, missing.code], ["MethodNotFoundError", -32601]);

  const cancelled = fromWireError({ code: ErrorCode.RequestCancelled, message: "was cancelled" });
  assertInstanceOf(cancelled, DOMException);
  assertEquals([cancelled.name, cancelled.message], ["AbortError", "was cancelled"]);

  for (const code of [17, 0, ErrorCode.InternalError, ErrorCode.UnknownStream, -1.5]) {
    const error = fromWireError({ code, message: "m", data: { a: 1 } });
    assertInstanceOf(error, RemoteError);
    assertStrictEquals(error.constructor, RemoteError);
    assertEquals([error.message, error.code, error.data], ["m", code, { a: 1 }]);
  }
});

Deno.test("fromWireError undoes toWireError", () => {
  const thrown = Object.assign(new Error("boom"), { code: 17, data: { at: "ż" } });
  const error = fromWireError(JSON.parse(JSON.stringify(toWireError(thrown))));
  assertInstanceOf(error, RemoteError);
  assertEquals(toWireError(error), toWireError(thrown));
  assert(!error.stack?.includes(thrown.stack!.split("\n")[1]!), "the handler's stack came along");
});

Deno.test("every error class is an Error that tells its name and its own members", () => {
  const until = new Date(5);
  const errors: Error[] = [
    new RemoteError("m", 1),
    new MethodNotFoundError("m"),
    new TargetUnknownError("m"),
    new TargetNotRunningError("m"),
    new TargetStartError("m", 3, "last line"),
    new StartLimitError("m", until),
    new ConnectionLostError("m"),
    new AlreadyRunningError("m", 12),
  ];
  for (const error of errors) {
    assertInstanceOf(error, Error);
    assertEquals([error.name, error.message], [error.constructor.name, "m"]);
  }
  const start = errors[4] as TargetStartError;
  assertEquals([start.exitCode, start.log], [3, "last line"]);
  const limit = errors[5] as StartLimitError;
  assertInstanceOf(limit, TargetStartError);
  assertEquals([limit.until, limit.exitCode, limit.log], [until, null, ""]);
  assertEquals((errors[7] as AlreadyRunningError).pid, 12);
});

Deno.test("ErrorCode leaves an app every code outside the reserved range", () => {
  for (const code of Object.values(ErrorCode)) {
    const reserved = code >= -32768 && code <= -32000;
    assert(reserved || code === -32800, String(code));
  }
});
