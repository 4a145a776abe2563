/** The network's counters on Windows. */
import type { Traffic } from "./network.ts";

const SYMBOLS = {
  GetIfTable2: { parameters: ["buffer"], result: "u32" },
  FreeMibTable: { parameters: ["pointer"], result: "void" },
} as const;

// MIB_IF_TABLE2 and MIB_IF_ROW2, 64-bit:
// https://learn.microsoft.com/en-us/windows/win32/api/netioapi/ns-netioapi-mib_if_row2
const FIRST_ROW = 8;
const ROW_SIZE = 1352;
const TYPE = 1128;
const FLAGS = 1152;
const IN_OCTETS = 1208;
const OUT_OCTETS = 1280;

const TYPE_LOOPBACK = 24;
const FLAG_HARDWARE = 1;
/** A layer over another interface, whose bytes are counted there already. */
const FLAG_FILTER = 2;

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
    const count = new Deno.UnsafePointerView(table).getUint32();
    const bytes = Deno.UnsafePointerView.getArrayBuffer(table, FIRST_ROW + count * ROW_SIZE);
    return parseInterfaceTable(new Uint8Array(bytes));
  } finally {
    FreeMibTable(table);
  }
}

/** Sums a MIB_IF_TABLE2: interfaces of hardware, or where none says so, all but the loopback. */
export function parseInterfaceTable(table: Uint8Array): Traffic | null {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const rows = Array.from({ length: view.getUint32(0, true) }, (_, index) => {
    const at = FIRST_ROW + index * ROW_SIZE;
    return {
      loopback: view.getUint32(at + TYPE, true) === TYPE_LOOPBACK,
      flags: view.getUint8(at + FLAGS),
      received: Number(view.getBigUint64(at + IN_OCTETS, true)),
      sent: Number(view.getBigUint64(at + OUT_OCTETS, true)),
    };
  }).filter(({ loopback, flags }) => !loopback && (flags & FLAG_FILTER) === 0);
  const hardware = rows.filter(({ flags }) => (flags & FLAG_HARDWARE) !== 0);
  const counted = hardware.length > 0 ? hardware : rows;
  if (counted.length === 0) return null;
  return {
    received: counted.reduce((total, row) => total + row.received, 0),
    sent: counted.reduce((total, row) => total + row.sent, 0),
  };
}
