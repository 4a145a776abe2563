/**
 * Configuration files: JSON with comments, checked against a schema, problems told with line and
 * column.
 *
 * @module
 */
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { dirname, join } from "@std/path";
import * as v from "valibot";
import { changedNumber, describeChange } from "./exact_numbers.ts";
import { readTextFile, UnreadableError } from "../system/text_file.ts";
import { pause } from "../system/waiting.ts";

/** What is wrong with a configuration, and where. */
export interface ConfigProblem {
  /** From 1; `undefined` where the file could not be read at all. */
  line?: number;
  /** From 1, in UTF-16 units. */
  column?: number;
  message: string;
}

/** A configuration as far as it can be used. */
export interface Config<T> {
  value: T;
  problems: ConfigProblem[];
}

/** Problems told of one file: some other file that was put in its place has one in every line. */
const PROBLEMS_MAX = 20;

/** A schema whose every member has a default, so that `{}` is the default configuration. */
export type ConfigSchema = v.GenericSchema<unknown, unknown>;

/**
 * Reads a configuration. What breaks the schema is told, and the defaults are used as a whole: a
 * file is taken as it is or not at all.
 */
export function parseConfig<Schema extends ConfigSchema>(
  text: string,
  schema: Schema,
): Config<v.InferOutput<Schema>> {
  const defaults = (problems: ConfigProblem[]) => ({ value: v.parse(schema, {}), problems });
  const errors: ParseError[] = [];
  let tree: Node | undefined;
  try {
    tree = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return defaults([{ line: 1, column: 1, message: "is nested too deep to be read" }]);
  }
  if (errors.length > 0) {
    return defaults(
      errors.slice(0, PROBLEMS_MAX).map(({ error, offset }) => ({
        ...positionAt(text, offset),
        message: words(printParseErrorCode(error)),
      })),
    );
  }
  if (tree === undefined) return defaults([]); // Nothing but comments.
  if (tree.type !== "object") {
    const message = "must be an object, in { }";
    return defaults([{ ...positionAt(text, tree.offset), message }]);
  }
  const changed = changedNumbers(text, tree);
  if (changed.length > 0) return defaults(changed);
  const result = v.safeParse(schema, getNodeValue(tree));
  if (result.success) return { value: result.output, problems: [] };
  return defaults(
    result.issues.slice(0, PROBLEMS_MAX).map((issue) => problemOf(text, tree, issue)),
  );
}

/** A line for people: "statusbar.jsonc:3:5: interval must be at least 250". */
export function describeProblem(file: string, { line, column, message }: ConfigProblem): string {
  return line === undefined ? `${file}: ${message}` : `${file}:${line}:${column}: ${message}`;
}

function problemOf(text: string, tree: Node, issue: v.BaseIssue<unknown>): ConfigProblem {
  const path = (issue.path ?? []).map((item) => item.key as string | number);
  const last = issue.path?.at(-1);
  const unknown = last?.type === "object" && last.origin === "key" && issue.expected === "never";
  // A missing member has no place of its own; what should hold it has.
  let node: Node | undefined;
  for (let length = path.length; node === undefined && length >= 0; length--) {
    node = findNodeAtLocation(tree, path.slice(0, length));
  }
  // At its name, which is what has to go.
  if (unknown && node?.parent?.type === "property") node = node.parent;
  const name = path.join(".");
  const message = unknown ? `unknown key "${path.at(-1)}"` : `${name}: ${issue.message}`;
  return { ...positionAt(text, node?.offset ?? 0), message: name === "" ? issue.message : message };
}

/** Numbers that would be others: whoever wrote one meant what stands there. */
function changedNumbers(text: string, tree: Node): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const nodes = [tree];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    for (const child of node.children?.toReversed() ?? []) nodes.push(child);
    if (node.type !== "number" || problems.length === PROBLEMS_MAX) continue;
    const written = text.slice(node.offset, node.offset + node.length);
    const value = changedNumber(written);
    if (value === null) continue;
    problems.push({ ...positionAt(text, node.offset), message: describeChange(written, value) });
  }
  return problems;
}

function positionAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

/** "CommaExpected" as "comma expected". */
function words(code: string): string {
  return code.replaceAll(/(?<!^)([A-Z])/g, " $1").toLowerCase();
}

/**
 * Reads a configuration file. One that is not there is an empty one; of one that cannot be read the
 * problems tell why.
 */
export async function readConfig<Schema extends ConfigSchema>(
  path: string,
  schema: Schema,
): Promise<Config<v.InferOutput<Schema>>> {
  return parseRead(await readOrFault(path), schema);
}

/** A file's text, or why there is none. */
type Read = { text: string } | { fault: string };

async function readOrFault(path: string): Promise<Read> {
  try {
    return { text: await readTextFile(path) ?? "" };
  } catch (error) {
    return { fault: error instanceof UnreadableError ? error.reason : (error as Error).message };
  }
}

function parseRead<Schema extends ConfigSchema>(
  read: Read,
  schema: Schema,
): Config<v.InferOutput<Schema>> {
  if ("text" in read) return parseConfig(read.text, schema);
  const { value } = parseConfig("", schema);
  return { value, problems: [{ message: `cannot be read: ${read.fault}` }] };
}

/** Milliseconds between two looks at the file. */
const LOOK = 500;

/**
 * A configuration and every new one after the file was saved, until the signal is aborted. A file
 * that is not there is an empty one; one that cannot be read any more is told, too. The file is
 * looked at twice a second: that also sees files that editors replace, on network drives and under
 * Wine.
 */
export async function* watchConfig<Schema extends ConfigSchema>(
  path: string,
  schema: Schema,
  signal: AbortSignal,
): AsyncGenerator<Config<v.InferOutput<Schema>>, void, void> {
  let last: string | null = null;
  while (!signal.aborted) {
    const read = await readOrFault(path);
    const now = JSON.stringify(read);
    if (now !== last) {
      last = now;
      yield parseRead(read, schema);
    }
    await pause(LOOK, signal).catch(() => {
      // The loop ends.
    });
  }
}

/**
 * Puts a schema where editors find it: `schemas/<name>.schema.json` in the folder of the
 * configuration, which names it by `"$schema"`. Writes only what is new.
 *
 * @returns why it could not be written; a program does its work all the same
 */
export async function installSchema(
  folder: string,
  name: string,
  schema: unknown,
): Promise<string | null> {
  const path = join(folder, "schemas", `${name}.schema.json`);
  const text = JSON.stringify(schema, null, 2) + "\n";
  const read = await readOrFault(path);
  if ("text" in read && read.text === text) return null;
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, text);
    return null;
  } catch (error) {
    return `Cannot write "${path}": ${(error as Error).message}`;
  }
}
