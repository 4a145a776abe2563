/** Whose process is at the other end of a TCP connection. */
import { readKernelTable } from "./libc.ts";

/** 127.0.0.1 as the tables have it, on processors that put the lowest byte first: all of Deno's. */
const LOOPBACK = "0100007F";
const TABLES = [
  ["/proc/net/tcp", LOOPBACK],
  // A program may reach it by a socket of IPv6, too.
  ["/proc/net/tcp6", `0000000000000000FFFF0000${LOOPBACK}`],
] as const;

/**
 * The user, by number, whose process holds the other end of a connection over 127.0.0.1 from
 * `clientPort` to `serverPort`; `null` where the system does not tell. Linux alone tells:
 * https://docs.kernel.org/networking/proc_net_tcp.html
 */
export function tcpClientUser(clientPort: number, serverPort: number): number | null {
  if (Deno.build.os !== "linux") return null;
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, "0");
  for (const [path, address] of TABLES) {
    const client = `${address}:${hex(clientPort)}`;
    const server = `${address}:${hex(serverPort)}`;
    for (const line of readKernelTable(path)?.split("\n") ?? []) {
      const [, local, remote, , , , , user] = line.trim().split(/\s+/);
      if (local === client && remote === server) return Number(user);
    }
  }
  return null;
}
