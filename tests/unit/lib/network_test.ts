import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { readDisk } from "../../../lib/system/disk.ts";
import { listKernelFolder } from "../../../lib/system/libc.ts";
import { readLinuxTraffic, readTraffic, TrafficMeter } from "../../../lib/system/network.ts";
import { parseInterfaceTable } from "../../../lib/system/network_windows.ts";

// The C library is loaded on first use and stays: here, so that no test seems to leak it.
if (Deno.build.os === "linux") listKernelFolder("/sys");

Deno.test({
  name: "readLinuxTraffic counts hardware, or all but the loopback where there is none",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const root = await Deno.makeTempDir({ prefix: "neverliie-net-" });
    const add = async (name: string, received: number, sent: number, device: boolean) => {
      const folder = join(root, name, "statistics");
      await Deno.mkdir(folder, { recursive: true });
      if (device) await Deno.mkdir(join(root, name, "device"));
      await Deno.writeTextFile(join(folder, "rx_bytes"), `${received}\n`);
      await Deno.writeTextFile(join(folder, "tx_bytes"), `${sent}\n`);
    };
    try {
      assertEquals(readLinuxTraffic(root), null);
      await add("lo", 1, 1, false);
      assertEquals(readLinuxTraffic(root), null);
      await add("veth0", 10, 20, false);
      assertEquals(readLinuxTraffic(root), { received: 10, sent: 20 });
      await add("eth0", 1000, 2000, true);
      await add("wlan0", 3000, 1, true);
      assertEquals(readLinuxTraffic(root), { received: 4000, sent: 2001 });
      // A folder in a figure's place, a link in a circle in an interface's.
      await Deno.mkdir(join(root, "eth1", "statistics", "rx_bytes"), { recursive: true });
      await Deno.mkdir(join(root, "eth1", "device"));
      await Deno.symlink("eth2", join(root, "eth2"));
      assertEquals(readLinuxTraffic(root), { received: 4000, sent: 2001 });
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
});

Deno.test("TrafficMeter tells bytes a second between its own readings", () => {
  const readings = [[100, 0], [1100, 500], [50, 600], [50, 600]];
  let at = 0;
  const meter = new TrafficMeter(() => {
    const [received, sent] = readings.shift()! as [number, number];
    return { received, sent };
  }, () => at);
  const rates = (now: number) => {
    at = now;
    const { receivedRate, sentRate } = meter.sample()!;
    return [receivedRate, sentRate];
  };
  assertEquals(rates(1000), [null, null]);
  assertEquals(rates(3000), [500, 250]);
  assertEquals(rates(4000), [null, 100]); // An interface was taken away.
  assertEquals(rates(4000), [null, null]); // No time has passed.
  assertEquals(new TrafficMeter(() => null).sample(), null);
});

Deno.test("parseInterfaceTable sums hardware and leaves out loopback and filters", () => {
  const rows = [
    { type: 24, flags: 0, received: 5n, sent: 5n },
    { type: 6, flags: 1, received: 1000n, sent: 10n },
    { type: 6, flags: 3, received: 1000n, sent: 10n },
    { type: 71, flags: 1, received: 1n << 40n, sent: 1n },
    { type: 6, flags: 0, received: 7n, sent: 7n },
  ];
  const table = (chosen: typeof rows) => {
    const bytes = new Uint8Array(8 + chosen.length * 1352);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, chosen.length, true);
    for (const [index, { type, flags, received, sent }] of chosen.entries()) {
      const at = 8 + index * 1352;
      view.setUint32(at + 1128, type, true);
      view.setUint8(at + 1152, flags);
      view.setBigUint64(at + 1208, received, true);
      view.setBigUint64(at + 1280, sent, true);
    }
    return bytes;
  };
  assertEquals(parseInterfaceTable(table(rows)), { received: 2 ** 40 + 1000, sent: 11 });
  assertEquals(parseInterfaceTable(table([rows[0]!, rows[4]!])), { received: 7, sent: 7 });
  assertEquals(parseInterfaceTable(table([rows[0]!])), null);
});

Deno.test("this machine's own figures", () => {
  const disk = readDisk();
  assert(disk !== null && disk.total > 0 && disk.used >= 0 && disk.used <= disk.total);
  assertEquals(readDisk("/no/such/volume"), null);
  const traffic = readTraffic();
  assert(traffic === null || (traffic.received >= 0 && traffic.sent >= 0));
});
