/**
 * Publishers that are killed again and again under their subscribers, which wait for them and go on:
 * nobody is lost, each life's values come in order and once, and at the end everybody has the last
 * one.
 */

import { assert, assertEquals } from "@std/assert";
import { gone, kill, meshTest, MODE, type TestMesh, until, WINDOWS } from "../support/mesh/mesh.ts";
import { processesOf } from "../support/mesh/process.ts";
import { steadyHandles } from "../support/mesh/process_usage.ts";
import { removeIfThere } from "../support/chaos/kill_scenarios.ts";
import { type Heard, Listeners, type Tick } from "../support/chaos/listeners.ts";
import { type Random, seeded } from "../support/chaos/random.ts";
import { record } from "../support/run/record.ts";
import { patient, waitingFor } from "../support/run/watchdog.ts";

const SEED = 20_260_105;
const WHOLE = MODE === "script" && !WINDOWS;
/**
 * Publishers at a time, and kills of each; the other three ways show that it is the same there, with
 * less, and under Wine, where a start takes long, with one publisher. A subscription that was lost
 * within a second of its beginning pauses before it tries again, up to a second: so not one publisher
 * is killed a hundred times.
 */
const PUBLISHERS = WHOLE ? 5 : WINDOWS ? 1 : 2;
const KILLS = WHOLE ? 20 : 5;
/**
 * Subscribers of each publisher, by a client and on a connection of their own. Some are in this
 * process, where the test runner sees each timer that is left; the others in four more, so that
 * several watchers tell of the publisher, and not all subscribers share an event loop.
 */
const SUBSCRIBERS = WHOLE ? 50 : 20;
const PROCESSES = 4;
/** Of so many lives one is killed at once, while its subscribers are just coming. */
const HASTY = 5;
/** The slowest subscriber has heard up to so many numbers of any other life when it is killed. */
const NUMBERS = 30;
/** Milliseconds that the whole may take, and one wait. */
const LIMIT = 180_000;
const WAIT = 60_000;
/** What a count of handles may differ by: the runtime opens and closes some of its own. */
const SLACK = 4;

const TOPIC = "news";
const PROGRAMS = Array.from({ length: PROCESSES }, (_, i) => `listeners-${i}`);

/** Asks each of the programs that listen. */
function ask<T>({ ipc }: TestMesh, method: string, params: Record<string, unknown>): Promise<T[]> {
  const options = { timeout: patient(WAIT) };
  return Promise.all(PROGRAMS.map((name) => ipc.call<T>(name, method, params, options)));
}

/** Handles of this process and of each of the programs; none of those whose runtime leaks some. */
async function handlesOf(mesh: TestMesh): Promise<number[]> {
  const handles = [steadyHandles(), ...await ask<number | null>(mesh, "handles", {})];
  return handles.filter((count) => count !== null);
}

/** One publisher, and its subscribers in all processes. */
class Publisher {
  readonly app: string;
  readonly #mesh: TestMesh;
  readonly #random: Random;
  #own = new Listeners();
  #life = 0;

  constructor(mesh: TestMesh, index: number) {
    this.app = `publisher-${index}`;
    this.#mesh = mesh;
    this.#random = seeded(SEED + index);
  }

  async listen(): Promise<void> {
    const to = { app: this.app, topic: TOPIC, count: SUBSCRIBERS / (PROCESSES + 1) };
    this.#own = new Listeners();
    await Promise.all([this.#own.listen(to, this.#mesh.home), ask(this.#mesh, "listen", to)]);
  }

  /** A caller wakes it; it tells numbers from then on, or one alone. */
  async live(numbers?: 1): Promise<number> {
    const { ipc } = this.#mesh;
    // The start limit has tests of its own.
    removeIfThere(ipc.home.runtimeFile(this.app, "starts.json"));
    const life = { life: ++this.#life, ...(numbers === undefined ? {} : { to: numbers }) };
    return await ipc.call<number>(this.app, "tell", life);
  }

  /** Resolves once every subscriber has heard so many numbers of this life. */
  async untilHeard(n: number): Promise<void> {
    const tick: Tick = { life: this.#life, n };
    await Promise.all([
      this.#own.untilHeard(tick),
      ask(this.#mesh, "until_heard", { app: this.app, tick }),
    ]);
  }

  async killed(pid: number): Promise<void> {
    kill(pid);
    await gone(pid);
  }

  /** From its first start to its last one, killed in between. */
  async lives(): Promise<Heard[]> {
    const first = this.#life + 1;
    const last = first + KILLS;
    for (let life = first; life < last; life++) {
      const pid = await this.live();
      if (!isHasty(life)) await this.untilHeard(1 + this.#random(NUMBERS));
      await this.killed(pid);
    }
    const pid = await this.live(1);
    await this.untilHeard(1);
    // Nobody is subscribed twice.
    assertEquals(await this.#subscribed(), SUBSCRIBERS);
    const heard = await this.end();
    await until(async () => await this.#subscribed() === 0);
    await this.#mesh.stop(this.app, pid);
    assertEquals(heard.length, SUBSCRIBERS);
    const must = Array.from({ length: KILLS + 1 }, (_, i) => first + i)
      .filter((life) => !isHasty(life) || life === last);
    for (const { lives, last: number, restarts } of heard) {
      assertEquals(lives.filter((life) => must.includes(life)), must);
      assertEquals([lives.at(-1), number], [last, 1]);
      assert(restarts >= lives.length - 1, `${restarts} restarts in ${lives.length} lives`);
    }
    return heard;
  }

  async end(): Promise<Heard[]> {
    const others = ask<Heard[]>(this.#mesh, "end_listening", { app: this.app });
    const [own, ...rest] = await Promise.all([this.#own.end(), others]);
    return [own, ...rest.flat()].flat();
  }

  #subscribed(): Promise<number> {
    return this.#mesh.ipc.call<number>(this.app, "emit", { topic: TOPIC, values: [] });
  }
}

const isHasty = (life: number) => life % HASTY === 0;

meshTest(
  `chaos: publishers killed ${
    PUBLISHERS * KILLS
  } times under ${SUBSCRIBERS} subscribers lose nobody`,
  async (mesh) => {
    for (const name of PROGRAMS) await mesh.registerLoad(name);
    const publishers = Array.from({ length: PUBLISHERS }, (_, i) => new Publisher(mesh, i));
    // Once before the handles are counted: the runtime keeps what its first watcher opened. Nobody
    // has started them yet, so that there are no such apps.
    await Promise.all(publishers.map((publisher) => publisher.listen()));
    for (const { app } of publishers) await mesh.register({ name: app });
    await Promise.all(publishers.map(async (publisher) => {
      const pid = await publisher.live();
      await publisher.untilHeard(1);
      await publisher.end();
      await publisher.killed(pid);
    }));
    const before = await handlesOf(mesh);
    const begun = performance.now();

    await Promise.all(publishers.map((publisher) => publisher.listen()));
    const heard = (await Promise.all(publishers.map((publisher) => publisher.lives()))).flat();

    const seconds = Math.round((performance.now() - begun) / 1000);
    let after: number[] = [];
    const asBefore = async () => {
      after = await handlesOf(mesh);
      return after.every((count, i) => count <= before[i]! + SLACK);
    };
    const seen = () => JSON.stringify({ before, after });
    await waitingFor("as many handles as before", () => until(asBefore), seen);
    for (const name of PROGRAMS) await mesh.stop(name);
    if (Deno.build.os === "linux") await until(() => processesOf(mesh.home).length === 0);
    const sum = (numbers: number[]) => numbers.reduce((all, number) => all + number, 0);
    record("topics through kills", {
      kills: PUBLISHERS * KILLS,
      publishers: PUBLISHERS,
      "subscribers of each": SUBSCRIBERS,
      "their processes": PROCESSES + 1,
      values: sum(heard.map(({ values }) => values)),
      "restarts told": sum(heard.map(({ restarts }) => restarts)),
      "values dropped, and told": sum(heard.map(({ dropped }) => dropped)),
      "lost, twice or out of order": 0,
      "handles before": sum(before),
      "handles after": sum(after),
      seconds,
      seed: SEED,
    });
  },
  { limit: LIMIT },
);
