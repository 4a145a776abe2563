/** The network's counters on Windows. */
import type { Traffic } from "./network.ts";

const SYMBOLS = {
  GetIfTable2: { parameters: ["buffer"], result: "u32" },
  FreeMibTable: { parameters: ["pointer"], result: "void" },
} as const;

// MIB_IF_TABLE2 and MIB_IF_ROW2, 64-bit:
// https://learn.microsoft.com/en-us/windows/win32/api/netioapi/ns-netioapi-mib_if_row2
const MIB_IF_TABLE2 = { NumEntries: 0, Table: 8 } as const;
const MIB_IF_ROW2 = {
  sizeof: 1352,
  Type: 1128,
  InterfaceAndOperStatusFlags: 1152,
  // Bits of it.
  "InterfaceAndOperStatusFlags.HardwareInterface": 1,
  "InterfaceAndOperStatusFlags.FilterInterface": 2,
  InOctets: 1208,
  OutOctets: 1280,
} as const;

const IF_TYPE_SOFTWARE_LOOPBACK = 24;
const HARDWARE = MIB_IF_ROW2["InterfaceAndOperStatusFlags.HardwareInterface"];
/** A layer over another interface, whose bytes are counted there already. */
const FILTER = MIB_IF_ROW2["InterfaceAndOperStatusFlags.FilterInterface"];

let library: Deno.DynamicLibrary<typeof SYMBOLS> | undefined;

/** Asks Windows; null where it does not answer. */
export function readWindowsTraffic(): Traffic | null {
  library ??= Deno.dlopen("iphlpapi.dll", SYMBOLS);
  const { GetIfTable2, FreeMibTable } = library.symbols;
  const address = new BigUint64Array(1);
  if (GetIfTable2(address) !== 0) return null;
  const table = Deno.UnsafePointer.create(address[0]!);
  if (table === null) return null;
  try {
    const count = new Deno.UnsafePointerView(table).getUint32(MIB_IF_TABLE2.NumEntries);
    const bytes = Deno.UnsafePointerView.getArrayBuffer(
      table,
      MIB_IF_TABLE2.Table + count * MIB_IF_ROW2.sizeof,
    );
    return parseInterfaceTable(new Uint8Array(bytes));
  } finally {
    FreeMibTable(table);
  }
}

/** Sums a MIB_IF_TABLE2: interfaces of hardware, or where none says so, all but the loopback. */
export function parseInterfaceTable(table: Uint8Array): Traffic | null {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const rows = Array.from(
    { length: view.getUint32(MIB_IF_TABLE2.NumEntries, true) },
    (_, index) => {
      const at = MIB_IF_TABLE2.Table + index * MIB_IF_ROW2.sizeof;
      return {
        loopback: view.getUint32(at + MIB_IF_ROW2.Type, true) === IF_TYPE_SOFTWARE_LOOPBACK,
        flags: view.getUint8(at + MIB_IF_ROW2.InterfaceAndOperStatusFlags),
        received: Number(view.getBigUint64(at + MIB_IF_ROW2.InOctets, true)),
        sent: Number(view.getBigUint64(at + MIB_IF_ROW2.OutOctets, true)),
      };
    },
  ).filter(({ loopback, flags }) => !loopback && (flags & FILTER) === 0);
  const hardware = rows.filter(({ flags }) => (flags & HARDWARE) !== 0);
  const counted = hardware.length > 0 ? hardware : rows;
  if (counted.length === 0) return null;
  return {
    received: counted.reduce((total, row) => total + row.received, 0),
    sent: counted.reduce((total, row) => total + row.sent, 0),
  };
}
