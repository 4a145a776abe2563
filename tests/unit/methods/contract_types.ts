/**
 * What the type checker must take and what it must refuse: `deno task check` fails when a line
 * marked as an error is none. Nothing here is called.
 */

import type {
  ContractOf,
  IPCStream,
  NeverLiieIPC,
  Remote,
  Subscription,
} from "../../../lib/ipc/mod.ts";
import { exposeContract, type TopicsOf } from "../../../lib/ipc/mod.ts";
import {
  arktypeContract,
  valibotContract,
  zodContract,
} from "../../support/unit/schema_contracts.ts";

/** Whether two types are the same, `any` and `unknown` told apart from all others. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
const holds = <_T extends true>() => {};

interface Greeter {
  greet(params: { name: string; times?: number }): Promise<string>;
  now(): Promise<number>;
  later(): number;
  count(params: { to: number }): AsyncIterable<{ n: number }>;
  ticks(): AsyncIterable<Date>;
  version: string;
}

export function interfaces(ipc: NeverLiieIPC, signal: AbortSignal) {
  const greeter = ipc.connect<Greeter>("greeter");
  holds<Same<typeof greeter, Remote<Greeter>>>();
  const greeting = greeter.greet({ name: "Ada" }, { timeout: 100, signal, activate: false });
  holds<Same<typeof greeting, Promise<string>>>();
  const now = greeter.now();
  holds<Same<typeof now, Promise<number>>>();
  const later = greeter.later({}, { startTimeout: 1 });
  holds<Same<typeof later, Promise<number>>>();
  const count = greeter.count({ to: 3 }, { itemTimeout: 100, signal });
  holds<Same<typeof count, IPCStream<{ n: number }>>>();
  const ticks = greeter.ticks({}, { itemTimeout: 1 });
  holds<Same<typeof ticks, IPCStream<Date>>>();

  // @ts-expect-error a number is no name
  greeter.greet({ name: 1 });
  // @ts-expect-error the params are missing
  greeter.greet();
  // @ts-expect-error a member too many
  greeter.greet({ name: "Ada", age: 36 });
  // @ts-expect-error no such method
  greeter.gret({ name: "Ada" });
  // @ts-expect-error options stand behind the params
  greeter.greet({ name: "Ada", timeout: 1 });
  // @ts-expect-error a call has no items to wait for
  greeter.greet({ name: "Ada" }, { itemTimeout: 1 });
  // @ts-expect-error milliseconds are a number
  greeter.greet({ name: "Ada" }, { timeout: "1 s" });
  // @ts-expect-error no params, so nothing but {}
  greeter.now({ zone: "UTC" });
  // @ts-expect-error what is no method cannot be called
  greeter.version();
  // @ts-expect-error a member cannot be replaced
  greeter.now = () => Promise.resolve(1);
}

export async function streams(ipc: NeverLiieIPC) {
  for await (const item of ipc.connect<Greeter>("greeter").count({ to: 1 })) {
    holds<Same<typeof item, { n: number }>>();
  }
  // @ts-expect-error a call is no stream
  for await (const _ of ipc.connect<Greeter>("greeter").greet({ name: "Ada" }));
  const untyped = await ipc.call("greeter", "greet");
  holds<Same<typeof untyped, unknown>>();
  const typed = await ipc.call<number>("greeter", "now");
  holds<Same<typeof typed, number>>();
  const stream = ipc.stream<string>("greeter", "count");
  holds<Same<typeof stream, IPCStream<string>>>();
}

export function schemas(ipc: NeverLiieIPC) {
  type Zod = ContractOf<typeof zodContract>;
  holds<Same<Parameters<Zod["greet"]>, [params: { name: string; times?: number | undefined }]>>();
  holds<Same<ReturnType<Zod["greet"]>, Promise<string>>>();
  holds<Same<ReturnType<Zod["count"]>, AsyncIterable<{ n: number }>>>();
  type Valibot = ContractOf<typeof valibotContract>;
  holds<Same<ReturnType<Valibot["greet"]>, Promise<string>>>();
  holds<Same<ReturnType<Valibot["count"]>, AsyncIterable<{ n: number }>>>();
  holds<Same<Parameters<Valibot["deep"]>, [params: { list: { key: string }[] }]>>();
  type Arktype = ContractOf<typeof arktypeContract>;
  holds<Same<ReturnType<Arktype["greet"]>, Promise<string>>>();
  holds<Same<Parameters<Arktype["count"]>, [params: { to: number }]>>();

  const greeter = ipc.connect<Zod>("greeter");
  void greeter.greet({ name: "Ada" }, { timeout: 1 });
  // @ts-expect-error a schema types the caller, too
  void greeter.greet({ name: 1 });
  holds<Same<ReturnType<typeof greeter.count>, IPCStream<{ n: number }>>>();
}

export function handlers(ipc: NeverLiieIPC) {
  const { greet, count } = zodContract;
  ipc.expose("greet", ({ name, times }, { signal, method }) => {
    holds<Same<typeof name, string>>();
    holds<Same<typeof times, number>>();
    holds<Same<typeof signal, AbortSignal>>();
    return method + name;
  }, greet);
  ipc.expose("again", ({ name }, context) => {
    const { deadline, attempt } = context;
    holds<Same<[typeof deadline, typeof attempt], [number, number]>>();
    void ipc.connect<Greeter>("greeter").count({ to: 3 }, { within: context });
    return name;
  }, { ...greet, idempotent: true });
  // @ts-expect-error a word is no answer to whether it is
  ipc.expose("wrong", ({ name }) => name, { ...greet, idempotent: "yes" });
  ipc.expose("later", async ({ name }) => await Promise.resolve(name), greet);
  // @ts-expect-error the result is a string
  ipc.expose("wrong", ({ times }) => times, greet);
  // @ts-expect-error there is no such parameter
  ipc.expose("wrong", ({ age }) => String(age), greet);
  ipc.expose("count", async function* ({ to }) {
    for (let n = 0; n < to; n++) yield { n };
  }, count);
  // @ts-expect-error the items are objects
  ipc.expose("wrong", async function* ({ to }) {
    yield to;
  }, count);
  // @ts-expect-error a stream is declared
  ipc.expose("wrong", ({ to }) => ({ n: to }), count);
  // Without schemas, a handler says itself what it takes.
  ipc.expose("free", ({ a }: { a: number }) => a, { params: ["a"] });
  ipc.expose("free", () => {});
  // @ts-expect-error no such option
  ipc.expose("wrong", () => {}, { parms: ["a"] });

  exposeContract(ipc, { greet }, { greet: ({ name }) => name });
  // @ts-expect-error a method of the contract is missing
  exposeContract(ipc, { greet, count }, { greet: ({ name }) => name });
  // @ts-expect-error what a handler answers is checked here, too
  exposeContract(ipc, { greet }, { greet: ({ times }) => times });
}

export function topics(ipc: NeverLiieIPC) {
  const contract = {
    ...{ greet: zodContract.greet },
    track: { topic: zodContract.greet.params, retain: true },
    any: { topic: true as const },
  };
  type Told = TopicsOf<typeof contract>;
  holds<Same<keyof Told, "track" | "any">>();
  holds<Same<keyof ContractOf<typeof contract>, "greet">>();
  const { track, any } = exposeContract(ipc, contract, { greet: () => "" });
  track.emit({ name: "Ada" });
  any.emit(1);
  // @ts-expect-error not what the schema takes
  track.emit({ name: 1 });
  // @ts-expect-error a topic has no handler
  exposeContract(ipc, contract, { greet: () => "", track: () => "" });
  const subscription = ipc.subscribe<Told["track"]>("app", "track", { overflow: "latest" });
  holds<Same<typeof subscription, Subscription<Told["track"]>>>();
  // @ts-expect-error no such policy
  ipc.subscribe("app", "track", { overflow: "newest" });
}
