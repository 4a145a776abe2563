/**
 * Hosts that are right but for one thing: one planted fault for each section of the conformance kit,
 * in what passes between a client and a host of ours that does all as the page says.
 *
 * @module
 */

import { asObject, type Body } from "../../../apps/neverliie/conformance/frame.ts";
import type { FaultyLink } from "./faulty_link.ts";

/** What a faulty host does otherwise. */
export interface Fault {
  /** What is wrong with it, as a person would tell. */
  what: string;
  /** Whether it refuses a header that is right. */
  refuses?(header: string): boolean;
  /** What becomes of a client's message; `null` keeps it from the host. */
  asked?(message: Body, link: FaultyLink): Body | null;
  /** What becomes of the host's message; `null` keeps it from the client. */
  told?(message: Body, link: FaultyLink): Body | null;
  /** What becomes of a line that the host sends. */
  line?(line: string): string;
}

/** How many pages the fault of flow control asks for before its client does. */
const PREFETCHED = 12;
const ENDLESS = 1e9;

/** The code of a message's error. */
const codeOf = (message: Body): unknown => asObject(message["error"])?.["code"];

/** The message with its error changed. */
function withError(message: Body, change: Body): Body {
  return { ...message, error: { ...asObject(message["error"]), ...change } };
}

/** The message with its result changed. */
function withResult(message: Body, change: Body): Body {
  return { ...message, result: { ...asObject(message["result"]), ...change } };
}

/** The message with events of that name changed, where it is a page of some. */
function withEvents(message: Body, name: string, change: (event: Body) => Body): Body {
  const values = asObject(message["result"])?.["values"];
  if (!Array.isArray(values)) return message;
  const changed = values.map((value) => {
    const event = asObject(value);
    return event?.["event"] === name ? { ...event, ...change(event) } : value;
  });
  return withResult(message, { values: changed });
}

/** The response's request, as its client sent it. */
const requestOf = (message: Body, link: FaultyLink): Body => link.requests.get(message["id"]) ?? {};

/** Faults of what passes on a connection, by the section that must fail by them. */
export const WIRE_FAULTS: Readonly<Record<string, Fault>> = {
  frames: {
    what: "header names count with their case",
    refuses: (header) => /content-length/i.test(header) && !header.includes("Content-Length"),
  },
  lines: {
    what: "its lines end with CR LF",
    line: (line) => `${line}\r`,
  },
  messages: {
    what: "notifications are answered",
    asked(message, link) {
      const { id, method } = message;
      if (id === undefined && typeof method === "string" && !method.startsWith("$/")) {
        link.tell({ jsonrpc: "2.0", id: null, result: null });
      }
      return message;
    },
  },
  errors: {
    what: "errors have a stack",
    told: (message) =>
      codeOf(message) === -32603 ? withError(message, { stack: "Error: …\n    at …" }) : message,
  },
  params: {
    what: "positions without names are let go of",
    asked(message) {
      const { method, params } = message;
      const add = method === "kit.add" && Array.isArray(params);
      return add ? { ...message, params: params.slice(0, 2) } : message;
    },
  },
  streams: {
    what: "a stream's mark stands inside of its result",
    told: (message) => message["stream"] === true ? withResult(message, { stream: true }) : message,
  },
  "flow control": {
    what: "items are made although nobody asks for them",
    told(message, link) {
      const { method, params } = requestOf(message, link);
      const token = asObject(message["result"])?.["token"];
      const endless = method === "kit.count" && asObject(params)?.["to"] === ENDLESS;
      if (endless && token !== undefined) link.prefetch(token, PREFETCHED);
      return message;
    },
  },
  "partial results": {
    what: "the response behind progress is null",
    told(message, link) {
      const { params } = requestOf(message, link);
      const partial = asObject(params)?.["partialResultToken"] !== undefined;
      const list = Array.isArray(message["result"]);
      return partial && list ? { ...message, result: null } : message;
    },
  },
  cancel: {
    what: "who cancels what is not in flight is told of an error",
    asked(message, link) {
      const id = asObject(message["params"])?.["id"];
      if (message["method"] === "$/cancelRequest" && !link.requests.has(id)) {
        link.tell({ jsonrpc: "2.0", id: null, error: { code: -32600, message: "no such id" } });
      }
      return message;
    },
  },
  bytes: {
    what: "lengths are told as one less than they are",
    told(message) {
      const { bytes } = message;
      if (!Array.isArray(bytes)) return message;
      return { ...message, bytes: bytes.map(([path, length]) => [path, length - 1]) };
    },
  },
  limits: {
    what: "a refusal does not name its limit",
    told(message) {
      const limit = asObject(asObject(message["error"])?.["data"])?.["limit"];
      return limit === undefined || limit === "queue" ? message : withError(message, { data: {} });
    },
  },
  ping: {
    what: "idempotent is one text instead of a list",
    told: (message, link) =>
      requestOf(message, link)["method"] === "$/ping"
        ? withResult(message, { idempotent: "kit.add" })
        : message,
  },
  describe: {
    what: "methods are of a kind that there is not",
    told(message, link) {
      if (requestOf(message, link)["method"] !== "$/describe") return message;
      const methods = asObject(message["result"])?.["methods"] as Body[];
      return withResult(message, { methods: methods.map((one) => ({ ...one, kind: "method" })) });
    },
  },
  topics: {
    what: "values that were dropped are told as one more",
    told: (message) =>
      withEvents(message, "dropped", ({ count }) => ({ count: Number(count) + 1 })),
  },
  watching: {
    what: "calls that were cancelled are told as failed",
    told: (message) =>
      withEvents(
        message,
        "ended",
        ({ outcome }) => outcome === "cancelled" ? { outcome: "failed" } : {},
      ),
  },
  deadlines: {
    what: "who is out of time is told as cancelled",
    told: (message) => codeOf(message) === -32006 ? withError(message, { code: -32800 }) : message,
  },
  leaving: {
    what: "what an app cuts as it leaves is told as failed",
    told: (message) => codeOf(message) === -32004 ? withError(message, { code: -32603 }) : message,
  },
  shutdown: {
    what: "a shutdown is answered with something",
    told: (message, link) =>
      requestOf(message, link)["method"] === "$/shutdown" ? { ...message, result: "bye" } : message,
  },
};

/** Faults of a program as a whole, by the section that must fail by them. */
export const PROGRAM_FAULTS: Readonly<Record<string, string>> = {
  "second instance": "a second start hands over nothing of its arguments but their number",
  locks: "its lock is let go of at once",
  registry: "it drops what it does not know from the registry",
  waking: "it has another name where it was woken",
};
