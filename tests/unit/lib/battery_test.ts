import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { readBattery } from "../../../lib/system/battery.ts";
import { readLinuxBattery } from "../../../lib/system/battery_linux.ts";
import { parsePmset } from "../../../lib/system/battery_macos.ts";
import { parsePowerStatus } from "../../../lib/system/battery_windows.ts";

Deno.test("readBattery gives a charge or null on this machine", async () => {
  const battery = await readBattery();
  if (battery !== null) assert(battery.percent >= 0 && battery.percent <= 100);
});

/** ACLineStatus, BatteryFlag, BatteryLifePercent, SystemStatusFlag, BatteryLifeTime. */
function powerStatus(ac: number, flag: number, percent: number, seconds: number): Uint8Array {
  const status = new Uint8Array(12);
  status.set([ac, flag, percent, 0]);
  new DataView(status.buffer).setUint32(4, seconds, true);
  return status;
}

Deno.test("parsePowerStatus reads a discharging, a charging and a full battery", () => {
  assertEquals(parsePowerStatus(powerStatus(0, 0, 55, 5400)), {
    percent: 55,
    charging: false,
    secondsLeft: 5400,
  });
  assertEquals(parsePowerStatus(powerStatus(1, 8 | 1, 80, 0xffffffff)), {
    percent: 80,
    charging: true,
    secondsLeft: null,
  });
  assertEquals(parsePowerStatus(powerStatus(1, 1, 100, 0xffffffff)), {
    percent: 100,
    charging: false,
    secondsLeft: null,
  });
});

Deno.test("parsePowerStatus gives null without a battery and where nothing is known", () => {
  assertEquals(parsePowerStatus(powerStatus(1, 128, 255, 0xffffffff)), null);
  assertEquals(parsePowerStatus(powerStatus(255, 255, 255, 0xffffffff)), null);
  assertEquals(parsePowerStatus(powerStatus(0, 0, 255, 0xffffffff)), null);
});

Deno.test("parsePmset reads what macOS prints in each state", () => {
  const lines: [string, ReturnType<typeof parsePmset>][] = [
    ["85%; discharging; 5:12 remaining present: true", {
      percent: 85,
      charging: false,
      secondsLeft: 18720,
    }],
    ["100%; discharging; (no estimate) present: true", {
      percent: 100,
      charging: false,
      secondsLeft: null,
    }],
    ["92%; charging; 0:44 remaining present: true", {
      percent: 92,
      charging: true,
      secondsLeft: null,
    }],
    ["99%; finishing charge; 0:10 remaining present: true", {
      percent: 99,
      charging: true,
      secondsLeft: null,
    }],
    ["100%; charged; 0:00 remaining present: true", {
      percent: 100,
      charging: false,
      secondsLeft: null,
    }],
    ["80%; AC attached; not charging present: true", {
      percent: 80,
      charging: false,
      secondsLeft: null,
    }],
  ];
  for (const [line, expected] of lines) {
    const output = `Now drawing from 'AC Power'\n -InternalBattery-0 (id=4522083)\t${line}\n`;
    assertEquals(parsePmset(output), expected, line);
  }
});

Deno.test("parsePmset gives null on a desktop, and does not take a UPS for a battery", () => {
  assertEquals(parsePmset("Now drawing from 'AC Power'\n"), null);
  const ups =
    "Now drawing from 'AC Power'\n -Back-UPS ES 700 (id=1)\t90%; charging present: true\n";
  assertEquals(parsePmset(ups), null);
});

// A made-up tree shows how the kernel's files are understood. That a given machine's driver writes
// such files shows only on that machine.
type Supply = Record<string, string>;

async function withSupplies(
  supplies: Record<string, Supply>,
  test: (root: string) => void | Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    for (const [name, files] of Object.entries(supplies)) {
      await Deno.mkdir(join(root, name));
      for (const [file, value] of Object.entries(files)) {
        await Deno.writeTextFile(join(root, name, file), `${value}\n`);
      }
    }
    await test(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const mains: Supply = { type: "Mains", online: "1" };
const battery: Supply = {
  type: "Battery",
  present: "1",
  status: "Discharging",
  capacity: "48",
  energy_now: "24000000",
  energy_full: "50000000",
  power_now: "12000000",
};
const mouse: Supply = { type: "Battery", scope: "Device", capacity: "5", status: "Discharging" };

const linuxCases: [string, Record<string, Supply>, ReturnType<typeof readLinuxBattery>][] = [
  ["no supplies", {}, null],
  ["mains and a mouse", { AC: mains, hidpp_battery_0: mouse }, null],
  ["an empty battery bay", { BAT0: { ...battery, present: "0" } }, null],
  ["one discharging battery", { AC: mains, BAT0: battery, hidpp_battery_0: mouse }, {
    percent: 48,
    charging: false,
    secondsLeft: 7200,
  }],
  ["a charging battery", { BAT1: { ...battery, status: "Charging" } }, {
    percent: 48,
    charging: true,
    secondsLeft: null,
  }],
  ["a full one that is worn below what its driver says", {
    CMB0: { ...battery, status: "Full", capacity: "104" },
  }, { percent: 100, charging: false, secondsLeft: null }],
  ["a driver that counts charge, with a negative current", {
    BAT0: {
      type: "Battery",
      status: "Discharging",
      capacity: "50",
      charge_now: "1500000",
      charge_full: "3000000",
      current_now: "-500000",
    },
  }, { percent: 50, charging: false, secondsLeft: 10800 }],
  ["a driver that knows the time", { BAT0: { ...battery, time_to_empty_now: "999" } }, {
    percent: 48,
    charging: false,
    secondsLeft: 999,
  }],
  ["two batteries of different size", {
    BAT0: battery,
    BAT1: { ...battery, status: "Not charging", energy_now: "10000000", energy_full: "10000000" },
  }, { percent: 57, charging: false, secondsLeft: Math.round(34 / 24 * 3600) }],
  ["a driver that tells nothing but a percentage", {
    BAT0: { type: "Battery", status: "Unknown", capacity: "70" },
  }, { percent: 70, charging: false, secondsLeft: null }],
];

for (const [name, supplies, expected] of linuxCases) {
  Deno.test({
    name: `readLinuxBattery understands ${name}`,
    ignore: Deno.build.os !== "linux",
    fn: () => withSupplies(supplies, (root) => assertEquals(readLinuxBattery(root), expected)),
  });
}

Deno.test({
  name: "readLinuxBattery: figures that cannot be read leave the others as they are",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withSupplies({ BAT0: { type: "Battery", capacity: "50", status: "Full" } }, async (root) => {
      const whole = { percent: 50, charging: false, secondsLeft: null };
      // A folder in a figure's place, a link in a circle in a battery's, and a file.
      await Deno.mkdir(join(root, "BAT0", "energy_full"));
      await Deno.symlink("BAT1", join(root, "BAT1"));
      await Deno.writeTextFile(join(root, "BAT2"), "");
      await Deno.mkdir(join(root, "BAT3", "type"), { recursive: true });
      assertEquals(readLinuxBattery(root), whole);
      await Deno.mkdir(join(root, "BAT4"));
      await Deno.writeTextFile(join(root, "BAT4", "type"), "Battery\n");
      await Deno.writeFile(join(root, "BAT4", "capacity"), new Uint8Array([0xff, 0xfe, 0x35]));
      assertEquals(readLinuxBattery(root), whole);
    }),
});

Deno.test({
  name: "readLinuxBattery gives null where the kernel has no such folder",
  ignore: Deno.build.os !== "linux",
  fn: () => assertEquals(readLinuxBattery("/nowhere/at/all"), null),
});
