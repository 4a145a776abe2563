import { assertEquals } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import { launchCommandOf, type ProcessFacts } from "../../../lib/ipc/registry/launch_command.ts";

const windows = Deno.build.os === "windows";
const root = windows ? "C:\\mesh" : "/mesh";
const deno = join(root, "bin", windows ? "deno.exe" : "deno");
const script = join(root, "my apps", "mąin.ts");
const url = toFileUrl(script).href;

function facts(line: string[], given: Partial<ProcessFacts> = {}): ProcessFacts {
  return {
    execPath: deno,
    standalone: false,
    commandLine: () => line,
    args: [],
    mainModule: url,
    cwd: root,
    ...given,
  };
}

Deno.test("launchCommandOf a compiled program is the program, without a look at its arguments", () => {
  const commandLine = () => {
    throw new Error("asked for");
  };
  const own = join(root, "statusbar");
  for (const [execPath, standalone] of [[own, true], [deno, true], [own, undefined]] as const) {
    assertEquals(
      launchCommandOf(facts([], { execPath, standalone, commandLine, args: ["--x"] })),
      { type: "binary", cmd: [execPath], cwd: root },
    );
  }
});

Deno.test("launchCommandOf tells Deno by its name where the build does not say", () => {
  for (const name of ["deno", "deno.exe", "DENO.EXE", "Deno"]) {
    const execPath = join(root, name);
    assertEquals(
      launchCommandOf(facts([name, "run", script], { execPath, standalone: undefined })),
      { type: "script", cmd: [execPath, "run", script], cwd: root },
    );
  }
  const renamed = join(root, "deno-2.9");
  assertEquals(
    launchCommandOf(facts(["x", "run", script], { execPath: renamed }))?.cmd,
    [renamed, "run", script],
    "a Deno of another name says that it is one",
  );
});

Deno.test("launchCommandOf a script of Node repeats its flags without a subcommand", () => {
  const node = join(root, windows ? "node.exe" : "node");
  const line = [node, "--watch", "--enable-source-maps", script, "x"];
  assertEquals(
    launchCommandOf(facts(line, { execPath: node, args: ["x"], subcommand: null })),
    { type: "script", cmd: [node, "--enable-source-maps", script], cwd: root },
  );
});

Deno.test("launchCommandOf keeps every flag of a script, but for watching and inspecting", () => {
  const map = "--import-map=a b.json";
  const cases: [string[], string[]][] = [
    [["run"], []],
    [["run", "-A"], ["-A"]],
    [["run", "--allow-read=a,b", "--allow-net", map], ["--allow-read=a,b", "--allow-net", map]],
    [["run", "--config", "run.json", "-q"], ["--config", "run.json", "-q"]],
    [["-q", "run", "-A"], ["-q", "-A"]],
    [["-A"], ["-A"]],
    [[], []],
    [["run", "--watch", "-A"], ["-A"]],
    [["run", "--watch=a.ts,b.ts", "--watch-exclude=c", "--no-clear-screen"], []],
    [["run", "--watch-hmr", "--watch-hmr=a"], []],
    [["run", "--inspect", "--inspect-brk=127.0.0.1:9229", "--inspect-wait"], []],
    [["run", "--inspect-publish-uid=http"], []],
    [["run", "--watching", "--inspector"], ["--watching", "--inspector"]],
    [["run", "--", "-A"], ["--", "-A"]],
    [["run", "--v8-flags=--expose-gc", "--unstable-x", ""], [
      "--v8-flags=--expose-gc",
      "--unstable-x",
      "",
    ]],
  ];
  for (const [flags, kept] of cases) {
    assertEquals(
      launchCommandOf(facts([deno, ...flags, script])),
      { type: "script", cmd: [deno, "run", ...kept, script], cwd: root },
      flags.join(" "),
    );
  }
});

Deno.test("launchCommandOf finds the script before its arguments, whatever they are", () => {
  const arguments_ = [["a"], ["run", script], ["--watch", ""], [url, "--", "-A"], ["ż 😀", '"']];
  for (const args of arguments_) {
    assertEquals(
      launchCommandOf(facts([deno, "run", "-A", script, ...args], { args }))?.cmd,
      [deno, "run", "-A", script],
      args.join(" "),
    );
  }
});

Deno.test("launchCommandOf makes the script's path absolute", () => {
  const relative = join("my apps", "mąin.ts");
  const forms = [relative, `./${relative}`, join("..", "mesh", relative), script, url];
  for (const form of forms) {
    assertEquals(launchCommandOf(facts([deno, "run", form]))?.cmd, [deno, "run", script], form);
  }
  const cwd = join(root, "my apps");
  assertEquals(
    launchCommandOf(facts(["deno", "run", "mąin.ts"], { cwd })),
    { type: "script", cmd: [deno, "run", script], cwd },
  );
});

Deno.test("launchCommandOf keeps a remote script's address", () => {
  for (const mainModule of ["https://example.com/a.ts", "jsr:@a/b", "npm:a@1/b"]) {
    assertEquals(
      launchCommandOf(facts([deno, "run", "-A", mainModule], { mainModule }))?.cmd,
      [deno, "run", "-A", mainModule],
    );
  }
});

Deno.test("launchCommandOf is null for what cannot be started again", () => {
  const stdin = toFileUrl(join(root, "$deno$stdin.mts")).href;
  const cases: [string, ProcessFacts][] = [
    ["test", facts([deno, "test", "-A", script])],
    ["serve", facts([deno, "serve", script])],
    ["eval", facts([deno, "eval", "1"], { mainModule: stdin })],
    ["standard input", facts([deno, "run", "-"], { mainModule: stdin })],
    ["another main module", facts([deno, "run", join(root, "other.ts")])],
    ["another URL", facts([deno, "run", toFileUrl(join(root, "other.ts")).href])],
    ["another remote", facts([deno, "run", "jsr:@a/c"], { mainModule: "jsr:@a/b" })],
    ["nothing known", facts([])],
    ["a program alone", facts([deno])],
    ["more arguments than the line has", facts([deno, "run", script], { args: ["a", "b", "c"] })],
  ];
  for (const [why, given] of cases) assertEquals(launchCommandOf(given), null, why);
});

Deno.test({
  name: "launchCommandOf reads a path as Windows writes it",
  ignore: !windows,
  fn() {
    for (const form of ["my apps\\mąin.ts", "my apps/mąin.ts", "C:/mesh/my apps/mąin.ts"]) {
      assertEquals(launchCommandOf(facts(["deno", "run", form]))?.cmd, [deno, "run", script], form);
    }
  },
});

Deno.test({
  name: "launchCommandOf follows a link in the script's path",
  ignore: windows,
  async fn() {
    const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "neverliie-unit-" }));
    try {
      const main = join(folder, "real.ts");
      const link = join(folder, "link.ts");
      await Deno.writeTextFile(main, "");
      await Deno.symlink(main, link);
      const { cmd } = launchCommandOf(
        facts([deno, "run", link], { mainModule: toFileUrl(main).href }),
      )!;
      assertEquals(cmd, [deno, "run", main]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
