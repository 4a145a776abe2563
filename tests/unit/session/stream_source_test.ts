/** The stages of a stream that is served: who ends it, and when its handler has ended. */
import { assertEquals, assertRejects } from "@std/assert";
import { StreamSource } from "../../../lib/ipc/session/answering/stream_source.ts";
import { pack } from "../../../lib/ipc/wire/bytes.ts";

type Items = AsyncIterator<unknown> | Iterator<unknown>;

const packed = (item: unknown) => pack(item, false);

/** A stream, with the promise of its handler's end and how often that was told. */
function serve(items: Items) {
  const end = Promise.withResolvers<void>();
  const source = new StreamSource(items, packed, { observer: null });
  let ends = 0;
  source.onEnd = () => {
    ends++;
    end.resolve();
  };
  const stage = () => {
    const { finished, aborted, ended } = source;
    return { finished, aborted, ended, ends };
  };
  return { source, stage, end: end.promise };
}

const texts = async (source: StreamSource) =>
  (await source.page(packed)).values.map(({ text }) => text);

Deno.test("StreamSource has ended once its handler has made its last item", async () => {
  const { source, stage, end } = serve([1, 2].values());
  assertEquals(stage(), { finished: false, aborted: false, ended: false, ends: 0 });
  await end;
  assertEquals(stage(), { finished: true, aborted: false, ended: true, ends: 1 });
  source.abort();
  assertEquals(await texts(source), ["1", "2"]);
  assertEquals(stage(), { finished: true, aborted: false, ended: true, ends: 1 });
});

Deno.test("StreamSource.abort ends a stream at once, and its handler when that has cleaned up", async () => {
  const [waiting, cleaned] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { source, stage, end } = serve((async function* () {
    try {
      yield 1;
      await waiting.promise;
      yield 2;
    } finally {
      await cleaned.promise;
    }
  })());
  assertEquals(await texts(source), ["1"]);
  const page = source.page(packed);
  source.abort();
  assertEquals(await page, { values: [], finished: true });
  assertEquals(stage(), { finished: true, aborted: true, ended: false, ends: 0 });
  waiting.resolve();
  await Promise.resolve();
  assertEquals(stage().ended, false);
  cleaned.resolve();
  await end;
  assertEquals(stage(), { finished: true, aborted: true, ended: true, ends: 1 });
});

Deno.test("StreamSource.abort waits for the item of an iterator that cannot be told to end", async () => {
  const item = Promise.withResolvers<IteratorResult<unknown>>();
  const { source, stage, end } = serve({ next: () => item.promise });
  source.abort();
  assertEquals(stage(), { finished: true, aborted: true, ended: false, ends: 0 });
  item.resolve({ value: 1, done: false });
  await end;
  assertEquals(stage(), { finished: true, aborted: true, ended: true, ends: 1 });
});

Deno.test("StreamSource ends by an item that cannot be sent, and tells its handler so", async () => {
  const cleaned = Promise.withResolvers<void>();
  const { source, stage, end } = serve((async function* () {
    try {
      yield 1;
      yield 1n;
    } finally {
      await cleaned.promise;
    }
  })());
  assertEquals(await texts(source), ["1"]);
  await assertRejects(() => source.page(packed), TypeError, "cannot be sent as JSON");
  assertEquals(stage(), { finished: true, aborted: false, ended: false, ends: 0 });
  cleaned.resolve();
  await end;
  assertEquals(stage(), { finished: true, aborted: false, ended: true, ends: 1 });
});
