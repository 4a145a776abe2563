/**
 * Lines about apps: who comes and goes, what is told, asked again, and made anew.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import type { Notice } from "../../apps/statusbar/contract.ts";
import { VERSION } from "../../apps/version.ts";
import { pidOf } from "../../lib/ipc/mod.ts";
import { endProcess } from "../../lib/ipc/testing/processes.ts";
import { collect, Printing } from "../support/mesh/program_output.ts";
import { gone, scriptCommand, suiteCommand, type TestMesh, until } from "../support/mesh/mesh.ts";
import { frozen } from "./debugger.ts";
import { CannotTell, isWine, type Line } from "./line.ts";

const neverliie = (...args: string[]) => [...suiteCommand("neverliie"), ...args];

export const APP_LINES: readonly Line[] = [
  {
    id: "outlive",
    prints: "woken inside of a session, whose host is killed then: it answers on",
    async run(mesh) {
      await mesh.seed();
      await asleep(mesh, "statusbar");
      const command = neverliie("wake", "statusbar");
      await mesh.ipc.call("terminal", "open", { command, cwd: mesh.home });
      const pid = await mesh.answering("statusbar");
      const host = await mesh.answering("terminal");
      endProcess(host);
      await gone(host);
      const still = await pidOf(mesh.ipc, "statusbar") === pid;
      return `woken inside of a session, whose host is killed then: it ${
        still ? "answers on" : "is gone, too"
      }`;
    },
  },
  {
    id: "list-watch",
    prints: "taskkill: has died; neverliie stop: has left",
    async run(mesh) {
      await mesh.seed();
      await asleep(mesh, "statusbar");
      const watch = new Printing(mesh.spawn(neverliie("list", "--watch")));
      await watch.prints("Ctrl-C ends it");
      const ends: string[] = [];
      for (const end of [taskkill, (pid: number) => mesh.stop("statusbar", pid)]) {
        await mesh.ipc.wake("statusbar");
        const pid = await mesh.answering("statusbar");
        await watch.prints(`statusbar has come, process ${pid}`);
        await end(pid);
        const told = new RegExp(`statusbar (.*), process ${pid}\\b`, "g");
        const last = () => [...watch.output.text.matchAll(told)].at(-1)![1]!;
        await until(() => !last().startsWith("has come"));
        ends.push(last());
      }
      await watch.end();
      return `taskkill: ${ends[0]}; neverliie stop: ${ends[1]}`;
    },
  },
  {
    id: "events",
    prints: "told: one; after taskkill: restarted, two",
    async run(mesh) {
      await mesh.seed();
      await asleep(mesh, "statusbar");
      const child = mesh.spawn(neverliie("events", "statusbar", "notices", "--json"));
      const [output, errors] = [collect(child.stdout), collect(child.stderr)];
      // It waits for the app first.
      await until(() => errors.text.includes("Ctrl-C ends it"));
      const notify = (text: string) => mesh.ipc.call("statusbar", "notify", { text, ttl: 0 });
      const told = async (text: string) => {
        await notify(text);
        await until(() => output.text.includes(`"text":"${text}"`) && output.text.endsWith("\n"));
      };
      await told("one");
      await taskkill(await mesh.answering("statusbar"));
      await told("two");
      endProcess(child.pid);
      await child.status;
      const events = output.text.trimEnd().split("\n").map((line) => JSON.parse(line));
      const words = events.map(({ event, value }) =>
        event === "value" ? (value as Notice[]).map(({ text }) => text).join() : event
      ).filter((word) => word !== "");
      return `told: ${words[0]}; after taskkill: ${words.slice(1).join(", ")}`;
    },
  },
  {
    id: "asked-again",
    prints: "ended by taskkill in the middle: answered at attempt 2 by another process",
    async run(mesh) {
      await mesh.register();
      const call = mesh.ipc.call<{ attempt: number; pid: number }>("fixture", "again", {
        wait: 2_000,
      });
      // (Answered behind it, so that it runs by now.)
      const pid = await mesh.ipc.call<number>("fixture", "pid");
      await taskkill(pid);
      const answer = await call;
      return `ended by taskkill in the middle: answered at attempt ${answer.attempt} by ${
        answer.pid === pid ? "the same" : "another"
      } process`;
    },
  },
  {
    id: "frozen-caller",
    prints: "what a frozen app had asked for ended by its time: TimeoutError",
    async run(mesh) {
      for (const name of ["one", "two"]) {
        await mesh.register({ name });
        await mesh.ipc.wake(name);
      }
      const params = { to: ["two"], method: "hang", params: { id: "asked" } };
      const call = mesh.ipc.call("one", "relay", params, { timeout: 2_000 });
      call.catch(() => {
        // It is late; what is looked at is what it had asked for.
      });
      await mesh.ipc.call("two", "happened", { event: "asked started" });
      using _stopped = frozen(await mesh.answering("one"));
      await mesh.ipc.call("two", "happened", { event: "asked: TimeoutError" });
      await call.catch(() => {});
      return "what a frozen app had asked for ended by its time: TimeoutError";
    },
  },
  {
    id: "new-program",
    prints: "its test: 1 passed; woken as a script: Hello, Ada!; as an executable: Hello, Ada!",
    wine:
      "cannot tell: nothing can be packed and compiled under Wine; new_test.ts looks at the rest",
    async run(mesh) {
      if (await isWine()) {
        throw new CannotTell(
          "nothing can be packed and compiled under Wine; new_test.ts looks at the rest",
        );
      }
      await mesh.seed();
      const made = join(mesh.home, "package");
      await succeed(mesh, [...scriptCommand("apps/build/package.ts"), "--out", made], checkout);
      const library = join(made, `neverliie-ipc-${VERSION}.tgz`);
      const cwd = join(mesh.home, "own prögrams", "notes");
      await succeed(mesh, neverliie("new", "notes", "--into", cwd, "--library", library), checkout);
      const tested = await succeed(mesh, [Deno.execPath(), "task", "test"], cwd);
      const greeted: string[] = [];
      await succeed(mesh, [Deno.execPath(), "task", "compile"], cwd);
      for (
        const command of [
          [Deno.execPath(), "run", "-A", "main.ts"],
          [join(cwd, "notes.exe")],
        ]
      ) {
        const { ended } = await mesh.serve(command, { cwd });
        await mesh.stop("notes", await pidOf(mesh.ipc, "notes"));
        await ended;
        greeted.push(await mesh.ipc.call("notes", "greet", { name: "Ada" }));
        await mesh.stop("notes", await pidOf(mesh.ipc, "notes"));
      }
      const passed = /\b\d+ passed\b/.exec(tested)?.[0];
      return `its test: ${passed}; woken as a script: ${greeted[0]}; as an executable: ${
        greeted[1]
      }`;
    },
  },
];

const checkout = fromFileUrl(new URL("../..", import.meta.url));

/** Runs a command that must succeed. @returns what it printed */
async function succeed(mesh: TestMesh, command: string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await mesh.run(command, { cwd });
  if (code !== 0) throw new Error(`${command.slice(-3).join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

/** Lines before this one may have woken it. */
async function asleep(mesh: TestMesh, app: string): Promise<void> {
  const pid = await pidOf(mesh.ipc, app);
  if (pid !== null) await mesh.stop(app, pid);
}

/** Ends a process as a person does by Windows' own program, and waits until it is gone. */
async function taskkill(pid: number): Promise<void> {
  await new Deno.Command("taskkill.exe", { args: ["/F", "/PID", `${pid}`], stdout: "null" })
    .output();
  await gone(pid);
}
