/**
 * How operations end, by Microsoft's names.
 *
 * https://learn.microsoft.com/openspecs/windows_protocols/ms-erref/596a1078-e883-4972-9bbc-49e60bebca55
 *
 * @module
 */

export const STATUS_SUCCESS = 0;
export const STATUS_PENDING = 0x103;
export const STATUS_BUFFER_OVERFLOW = 0x8000_0005;
export const STATUS_CANCELLED = 0xc000_0120;
const STATUS_INVALID_HANDLE = 0xc000_0008;
const STATUS_END_OF_FILE = 0xc000_0011;
const STATUS_ACCESS_DENIED = 0xc000_0022;
const STATUS_INSUFFICIENT_RESOURCES = 0xc000_009a;
const STATUS_PIPE_DISCONNECTED = 0xc000_00b0;
const STATUS_PIPE_CLOSING = 0xc000_00b1;
const STATUS_PIPE_CONNECTED = 0xc000_00b2;
const STATUS_PIPE_BROKEN = 0xc000_014b;

/** The Win32 error of each. */
const ERRORS: ReadonlyMap<number, number> = new Map([
  [STATUS_SUCCESS, 0],
  [STATUS_PENDING, 997],
  [STATUS_BUFFER_OVERFLOW, 234],
  [STATUS_CANCELLED, 995],
  [STATUS_INVALID_HANDLE, 6],
  [STATUS_END_OF_FILE, 38],
  [STATUS_ACCESS_DENIED, 5],
  [STATUS_INSUFFICIENT_RESOURCES, 1450],
  [STATUS_PIPE_DISCONNECTED, 233],
  [STATUS_PIPE_CLOSING, 232],
  [STATUS_PIPE_CONNECTED, 535],
  [STATUS_PIPE_BROKEN, 109],
]);

/** With which an operation may be refused, or end. */
export const FAILURES: readonly number[] = [
  ...[STATUS_INVALID_HANDLE, STATUS_END_OF_FILE, STATUS_ACCESS_DENIED],
  ...[STATUS_INSUFFICIENT_RESOURCES, STATUS_PIPE_DISCONNECTED, STATUS_PIPE_CLOSING],
  ...[STATUS_PIPE_CONNECTED, STATUS_PIPE_BROKEN],
];

/** RtlNtStatusToDosError; 317 is what it says of those that it does not know. */
export function errorOf(status: number): number {
  return ERRORS.get(status >>> 0) ?? 317;
}
