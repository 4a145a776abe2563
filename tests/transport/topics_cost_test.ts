/**
 * What topics cost, in counts: frames, writes, bytes and values written as JSON. See cost_test.ts.
 */

import { assertEquals } from "@std/assert";
import { BYTES_TYPE } from "../../lib/ipc/wire/codec.ts";
import type { Connection } from "../../lib/ipc/session/connection.ts";
import { platform } from "../../lib/ipc/os/platform.ts";
import type { IncomingRequest } from "../../lib/ipc/session/answering/incoming_request.ts";
import { type Subscriber, Subscription } from "../../lib/ipc/topics/subscription.ts";
import { Topics } from "../../lib/ipc/topics/topics.ts";
import { atMost, costsOf, TEXT } from "../support/session/cost_session.ts";
import { writtenMessages } from "../support/session/counts.ts";
import { openStream } from "../support/session/unit_session.ts";
import { take } from "../support/unit/topic_app.ts";

// The system's libraries are loaded on first use and stay: here, so that no test seems to leak them.
platform().userId();
platform().commandLine();

const topics = new Topics((problem) => console.error(problem));
const news = topics.open<unknown>("costs", "news", {});

const costs = costsOf({
  "$/ping": () => ({ accept: [BYTES_TYPE] }),
  echo: ({ params }) => params,
  "$/subscribe": (request) => topics.subscribe(request, "costs"),
  tell({ params }: IncomingRequest) {
    const { count } = params as { count: number };
    for (let i = 0; i < count; i++) news.emit({ index: i, text: "x".repeat(72) });
  },
});

/** So many who listen on one connection; it is quiet once they do. */
async function listen(client: Connection, count: number): Promise<Subscription[]> {
  const by: Subscriber = {
    stream: (_app, method, params, options) => openStream(client, method, params, options),
    whenUp: () => Promise.reject(new Error("the app has gone")),
  };
  const listening = Array.from(
    { length: count },
    () => new Subscription("costs", "news", by, new AbortController().signal, {}),
  );
  await Promise.all(listening.map(({ ready }) => ready));
  // Behind their requests for the first page.
  await client.call("echo", TEXT);
  return listening;
}

costs(
  "what is emitted in a turn is a page for each subscriber, and few writes",
  async (session) => {
    const { client, near, far } = session;
    const listening = await listen(client, 3);
    near.reset();
    far.reset();
    const [asked, told] = [writtenMessages(near), writtenMessages(far)];
    const { stringify } = JSON;
    let made = 0;
    JSON.stringify = ((...args: Parameters<typeof stringify>) => {
      made++;
      return stringify(...args);
    }) as typeof stringify;
    try {
      await client.call("tell", { count: 100 });
      for (const subscription of listening) await take(subscription, 100);
    } finally {
      JSON.stringify = stringify;
    }
    await client.call("echo", TEXT);
    assertEquals(told.length, 1 + 3 + 1);
    const next = "$/enumerator/next";
    assertEquals(asked.map(({ method }) => method), ["tell", next, next, next, "echo"]);
    // The answer with the first page, the others, and the echo.
    atMost(far.writes, 3, "writes of 100 values to 3 subscribers");
    atMost(near.writes, near.reads + 1, "requests for the next pages");
    atMost(far.bytes / 300, 100, "bytes of a value of 97");
    // Once for each value, and the parameters of three requests and two calls.
    atMost(made, 100 + 10, "values written as JSON");
    for (const subscription of listening) subscription.cancel();
  },
);

costs("a value leaves with the answer to the call that has it emitted", async (session) => {
  const { client, near, far } = session;
  const [subscription] = await listen(client, 1);
  near.reset();
  far.reset();
  for (let i = 0; i < 50; i++) {
    await client.call("tell", { count: 1 });
    await take(subscription!, 1);
  }
  assertEquals(far.writes, 50);
  // The request for the next page leaves with the next call.
  atMost(near.writes, 100, "writes of 50 calls and as many requests for the next page");
  subscription!.cancel();
});
