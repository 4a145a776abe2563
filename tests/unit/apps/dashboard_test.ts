import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { stripVTControlCharacters } from "node:util";
import { type DashboardModel, renderDashboard } from "../../../apps/launcher/dashboard.ts";
import type { HostStats } from "../../../apps/statusbar/contract.ts";
import { displayWidth } from "../../../lib/ui/text.ts";
import { stillRunning } from "../../../apps/launcher/view.ts";

const GIB = 1024 ** 3;

const stats: HostStats = {
  time: "2026-01-02T03:04:05.000Z",
  hostname: "desk",
  uptime: 273_600,
  cpu: { percent: 37.5, cores: 8, model: "Some CPU" },
  memory: { total: 16 * GIB, used: 4 * GIB, available: 12 * GIB },
  battery: { percent: 85, charging: true, secondsLeft: null },
  network: { received: 5000, sent: 3000, receivedRate: 2048, sentRate: 512 },
  disk: { path: "/", total: 100 * GIB, used: 40 * GIB, available: 55 * GIB },
};

const model: DashboardModel = {
  stats,
  history: [0, 25, 50, 75, 100],
  apps: [
    { name: "launcher", type: "script", running: true, pid: 4242, address: "/run/m/launcher.sock" },
    { name: "scanner", type: "binary", running: false, pid: null, address: "/run/m/scanner.sock" },
  ],
};

const without = (change: Partial<HostStats>): DashboardModel => (
  { ...model, stats: { ...stats, ...change } }
);

Deno.test("renderDashboard at 80 columns shows everything", () => {
  assertEquals(
    renderDashboard(model, { columns: 80, colour: false }),
    [
      " NeverLiie" + "desk · up 3 d 4 h".padStart(69),
      " " + "─".repeat(78),
      " CPU      ███████████░░░░░░░░░░░░░░░░░  38%  ▁▃▅▆█  8 cores",
      " Memory   ███████░░░░░░░░░░░░░░░░░░░░░  25%  4.0 GiB of 16.0 GiB",
      " Battery  ████████████████████████░░░░  85%  charging",
      "",
      " Apps  1 of 2 running",
      "   NAME      TYPE    STATE        PID  ADDRESS",
      " ● launcher  script  running     4242  /run/m/launcher.sock",
      " ○ scanner   binary  asleep         -  /run/m/scanner.sock",
    ],
  );
});

Deno.test("renderDashboard at 40 columns leaves the address out", () => {
  const lines = renderDashboard(model, { columns: 40, colour: false });
  const table = lines.slice(lines.findIndex((line) => line.includes("NAME")));
  assertEquals(table, [
    "   NAME      TYPE    STATE        PID",
    " ● launcher  script  running     4242",
    " ○ scanner   binary  asleep         -",
  ]);
});

const long: DashboardModel = {
  stats: { ...stats, hostname: "日本語".repeat(30), uptime: 1e8 },
  history: Array.from({ length: 500 }, (_, n) => n % 101),
  apps: [
    ...model.apps,
    {
      name: "ein-sehr-langer-name-für-eine-app",
      type: "a strange type",
      running: true,
      pid: 4_194_304,
      address: "\\\\.\\pipe\\" + "日本".repeat(80),
    },
  ],
  message: "Cannot wake everything: ".repeat(20),
};

Deno.test("renderDashboard never exceeds its width, whatever it is given", () => {
  for (const each of [model, long, { stats: null, history: [], apps: [] }]) {
    for (let columns = 20; columns <= 200; columns++) {
      for (const line of renderDashboard(each, { columns, colour: true })) {
        assert(displayWidth(line) <= columns, `${columns}: ${JSON.stringify(line)}`);
      }
    }
  }
});

Deno.test("renderDashboard with colours has the same text as without", () => {
  for (const columns of [40, 80, 120]) {
    const coloured = renderDashboard(long, { columns, colour: true });
    assert(coloured.some((line) => line.includes("\x1b[")));
    assertEquals(
      coloured.map((line) => stripVTControlCharacters(line).trimEnd()),
      renderDashboard(long, { columns, colour: false }).map((line) => line.trimEnd()),
    );
  }
});

Deno.test("renderDashboard fits 80x24 with many apps and counts those left out", () => {
  const [app] = model.apps;
  assert(app);
  const apps = Array.from({ length: 40 }, (_, n) => ({ ...app, name: `app-${n}` }));
  for (let rows = 1; rows <= 60; rows++) {
    const lines = renderDashboard({ ...model, apps }, { columns: 80, colour: false, rows });
    assert(lines.length <= Math.max(rows, 7), `${rows}: ${lines.length}`);
    const shown = lines.filter((line) => line.includes("app-")).length;
    const more = Number(lines.at(-1)?.match(/… (\d+) more/)?.[1] ?? 0);
    if (lines.length > 7) assertEquals(shown + more, 40);
  }
});

Deno.test("renderDashboard says so where there is nothing to show", () => {
  const empty = renderDashboard({ stats: null, history: [], apps: [] }, {
    columns: 80,
    colour: false,
  });
  assertStringIncludes(empty.join("\n"), "Waiting for the status bar…");
  assertStringIncludes(empty.join("\n"), "No app has registered yet.");
  const text = (each: DashboardModel) =>
    renderDashboard(each, { columns: 80, colour: false }).join("\n");
  assertStringIncludes(text(without({ battery: null })), "Battery  no battery");
  assertStringIncludes(text(without({ cpu: { percent: null, cores: 1, model: null } })), "   ?  ");
  const battery = { percent: 10, charging: false, secondsLeft: 4000 };
  assertStringIncludes(text(without({ battery })), "10%  1 h 6 min left");
});

Deno.test("renderDashboard shows its message, and lets nobody steer the terminal", () => {
  const evil = "\x1b[2Jevil\r\n";
  const lines = renderDashboard({
    stats: { ...stats, hostname: evil },
    history: [],
    apps: [{ name: evil, type: evil, running: true, pid: 1, address: evil }],
    message: `statusbar was woken${evil}`,
  }, { columns: 100, colour: false });
  assertStringIncludes(lines.join("\n"), "statusbar was wokenevil");
  // deno-lint-ignore no-control-regex
  assert(lines.every((line) => !/[\u0000-\u001f]/.test(line)));
});

Deno.test("stillRunning names a command that is there, also where npx fetched Deno", () => {
  const apps = ["launcher", "statusbar"].map((name) => (
    { name, type: "script", running: name === "statusbar", pid: 1, address: "" }
  ));
  const npx = `npx -y deno@${Deno.version.deno}`;
  for (
    const [executable, deno] of [
      ["/home/ann/.npm/_npx/fc7d78e7ea576df9/node_modules/deno/deno", npx],
      ["C:\\Users\\Ann\\npm-cache\\_npx\\fc7d\\node_modules\\deno\\deno.exe", npx],
      ["/usr/lib/node_modules/deno/deno", "deno"],
      ["/home/ann/.deno/bin/deno", "deno"],
    ] as const
  ) {
    assertEquals(
      stillRunning(apps, executable),
      `Still running: statusbar. To end them: ${deno} task -q neverliie stop --all`,
    );
  }
  assertEquals(stillRunning(apps.slice(0, 1)), null);
});
