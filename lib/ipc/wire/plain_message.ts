/**
 * Calls and answers as programs of this repository write them, told by how they begin: only what
 * they carry is parsed, which halves the time of a short message. Pure.
 *
 * What is not exactly so is left to a whole parse, and so is what is wrong: where the rest of the
 * text is one JSON value and a brace, the whole is the message that it seems to be.
 *
 * @module
 */

import type { RequestMessage, ResponseMessage } from "./message.ts";

/** A call or an answer. */
export type PlainMessage =
  | { kind: "request"; message: RequestMessage }
  | { kind: "response"; message: ResponseMessage };

const HEAD = '{"jsonrpc":"2.0","id":';
const RESULT = ',"result":';
const METHOD = ',"method":"';
const PARAMS = '","params":';
/** A stream's first page has it behind the result. */
const STREAM = ',"stream":true}';

const DIGIT_0 = 48;
const QUOTE = 34;
const BACKSLASH = 92;
const BRACE = 123;
const BRACKET = 91;
const SPACE = 32;
/** Longer ids are left to a whole parse. */
const DIGITS_MAX = 15;

/** The call or the answer that `text` is; `null` where it takes a whole parse to tell. */
export function readPlainMessage(text: string): PlainMessage | null {
  if (!text.startsWith(HEAD)) return null;
  let at = HEAD.length;
  let id = 0;
  for (;; at++) {
    const digit = text.charCodeAt(at) - DIGIT_0;
    if (!(digit >= 0 && digit <= 9)) break;
    id = id * 10 + digit;
  }
  const digits = at - HEAD.length;
  const leadingZero = digits > 1 && text.charCodeAt(HEAD.length) === DIGIT_0;
  if (digits === 0 || digits > DIGITS_MAX || leadingZero) return null;
  try {
    if (!text.endsWith("}") || text.endsWith(STREAM)) return null;
    if (text.startsWith(RESULT, at)) {
      const result: unknown = JSON.parse(text.slice(at + RESULT.length, -1));
      return { kind: "response", message: { jsonrpc: "2.0", id, result } };
    }
    if (!text.startsWith(METHOD, at)) return null;
    const start = at + METHOD.length;
    const end = endOfName(text, start);
    if (!text.startsWith(PARAMS, end)) return null;
    const inside = end + PARAMS.length;
    const first = text.charCodeAt(inside);
    if (first !== BRACE && first !== BRACKET) return null;
    const params = JSON.parse(text.slice(inside, -1));
    return {
      kind: "request",
      message: { jsonrpc: "2.0", id, method: text.slice(start, end), params },
    };
  } catch {
    return null;
  }
}

/** Where a name ends that needs no unescaping; the text's end where it does. */
function endOfName(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH || code < SPACE) break;
  }
  return text.length;
}
