/**
 * vscode-jsonrpc as it comes from npm, by its public API alone, as a client of the mesh's fixture
 * app. Arguments: the package's folder, the app's address, and the file that the findings go to,
 * as JSON: node.exe cannot write to a pipe under Wine.
 */
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import process from "node:process";

const [folder, address, output] = process.argv.slice(2);
const {
  CancellationTokenSource,
  createMessageConnection,
  ParameterStructures,
  ProgressType,
  RequestType,
  ResponseError,
  SocketMessageReader,
  SocketMessageWriter,
} = createRequire(import.meta.url)(`${folder}/lib/node/main.js`);

const socket = connect(address);
await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
const connection = createMessageConnection(
  new SocketMessageReader(socket),
  new SocketMessageWriter(socket),
);
const problems = [];
connection.onError(([error]) => problems.push(String(error)));
connection.onUnhandledNotification(({ method }) => problems.push(`unhandled ${method}`));
const asked = withResolvers();
let cancelledHere = false;
connection.onRequest("question", ({ text }) => `${text}? Yes`);
connection.onRequest("news", () => "read");
// (A request without params gets the token alone.)
connection.onRequest("wait", (token) => {
  asked.resolve();
  return new Promise((resolve) =>
    token.onCancellationRequested(() => {
      cancelledHere = true;
      resolve(null);
    })
  );
});
connection.onRequest("refuse", () => new ResponseError(77, "not today", { until: "tomorrow" }));
connection.listen();

const findings = {
  async "calls by name, by position, typed, and with nothing"() {
    const add = new RequestType("add", ParameterStructures.byName);
    return [
      await connection.sendRequest("echo", { text: "Grüße ☃ 𝄞" }),
      await connection.sendRequest("add", 1, 2),
      await connection.sendRequest(add, { a: 3, b: 4 }),
      await connection.sendRequest("echo"),
      await connection.sendRequest("remember_caller"),
    ];
  },
  async "many calls at once"() {
    const numbers = Array.from({ length: 1_000 }, (_, i) => i);
    const sums = await Promise.all(numbers.map((n) => connection.sendRequest("add", n, 1)));
    return sums.every((sum, i) => sum === i + 1);
  },
  async "errors"() {
    return [
      await failure(connection.sendRequest("nope")),
      await failure(connection.sendRequest("fail", { code: 42, data: { at: [1] } })),
      await failure(connection.sendRequest("fail", {})),
      await failure(connection.sendRequest("add", 1, 2, 3)),
      await failure(connection.sendRequest("unsendable")),
    ];
  },
  async "a call cancelled by its token"() {
    const source = new CancellationTokenSource();
    const call = failure(connection.sendRequest("hang", { id: "call" }, source.token));
    await connection.sendRequest("happened", { event: "call started" });
    source.cancel();
    const { code } = await call;
    return [code, await connection.sendRequest("happened", { event: "call aborted" })];
  },
  async "a stream as partial results"() {
    const values = [];
    let reports = 0;
    const registration = connection.onProgress(new ProgressType(), "numbers", (part) => {
      reports++;
      values.push(...part);
    });
    const params = { to: 2_000, partialResultToken: "numbers" };
    const result = await connection.sendRequest("count", params);
    registration.dispose();
    return [result, values.length, values.every((value, i) => value === i), reports > 1];
  },
  async "a stream as partial results, with an error at its end"() {
    const values = [];
    connection.onProgress(new ProgressType(), 5, (part) => values.push(...part));
    const params = { to: 3, fail: "that was all", partialResultToken: 5 };
    const { message } = await failure(connection.sendRequest("count", params));
    return [values, message];
  },
  async "an endless stream cancelled by its token"() {
    const source = new CancellationTokenSource();
    let last = 0;
    connection.onProgress(new ProgressType(), "endless", (part) => {
      last = part.at(-1);
      if (last > 1_000) source.cancel();
    });
    const params = { partialResultToken: "endless" };
    const { code } = await failure(connection.sendRequest("endless", params, source.token));
    const atCancel = last;
    await connection.sendRequest("echo");
    return [code, last === atCancel];
  },
  async "a topic as partial results"() {
    const source = new CancellationTokenSource();
    const events = [];
    const heard = withResolvers();
    connection.onProgress(new ProgressType(), "news", (part) => {
      events.push(...part);
      if (events.length > 2) heard.resolve();
    });
    const params = { topic: "ticks", partialResultToken: "news" };
    const ended = failure(connection.sendRequest("$/subscribe", params, source.token));
    const listening = await connection.sendRequest("emit", "ticks", ["one", { two: 2 }]);
    await heard.promise;
    source.cancel();
    const { code } = await ended;
    return [listening, events.map(({ event, value }) => value ?? event), code];
  },
  async "a stream by pages"() {
    const opened = await connection.sendRequest("count", { to: 1_000 });
    const values = [...opened.values];
    for (let finished = false; !finished;) {
      const page = await connection.sendRequest("$/enumerator/next", { token: opened.token });
      values.push(...page.values);
      ({ finished } = page);
    }
    const late = connection.sendRequest("$/enumerator/next", { token: opened.token });
    return [values.length, (await failure(late)).code];
  },
  async "being called back"() {
    const back = (method, params) => connection.sendRequest("call_back", { method, params });
    return [
      await back("question", { text: "Really" }),
      await failure(back("refuse")),
      (await failure(back("nope"))).code,
    ];
  },
  async "being called back, and the call cancelled"() {
    const source = new CancellationTokenSource();
    const params = { method: "wait", timeout: 60_000 };
    const call = failure(connection.sendRequest("call_back", params, source.token));
    await asked.promise;
    source.cancel();
    const { code } = await call;
    // The app's word to this side left before its next answer.
    await connection.sendRequest("echo");
    return [code, cancelledHere];
  },
  async "being called from elsewhere, over the connection made here"() {
    return await connection.sendRequest("call_remembered", { method: "news" });
  },
  async "notifications that the app does not know"() {
    await connection.sendNotification("nothing/known", { a: 1 });
    await connection.sendNotification("$/setTrace", { value: "off" });
    return await connection.sendRequest("add", 1, 1);
  },
};

const found = {};
for (const [name, find] of Object.entries(findings)) {
  found[name] = await find().catch((error) => `failed: ${error}`);
}
writeFileSync(output, JSON.stringify({ found, problems }));
connection.end();
connection.dispose();
socket.destroy();

/** What a request was refused with. */
async function failure(request) {
  try {
    return { result: await request };
  } catch (error) {
    if (!(error instanceof ResponseError)) throw error;
    return { code: error.code, message: error.message, data: error.data };
  }
}

function withResolvers() {
  const resolvers = {};
  resolvers.promise = new Promise((resolve) => resolvers.resolve = resolve);
  return resolvers;
}
