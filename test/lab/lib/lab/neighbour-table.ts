/**
 * The kernel's table of neighbours' hardware addresses. There is one for all network namespaces together, and 1,024 is
 * its usual limit: where each of forty hosts talks to all others it overflows, and packets to live hosts are dropped.
 *
 * @see https://docs.kernel.org/networking/ip-sysctl.html neigh/default/gc_thresh1 and following
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const TABLES = ['ipv4', 'ipv6'].map((family) => `/proc/sys/net/${family}/neigh/default`);

/**
 * Raises the limits where they are too low for a lab of so many hosts. They stay raised, because other labs may be running.
 *
 * @throws {Error} when they are too low and cannot be raised
 */
export function makeRoomForNeighbours(hosts: number): void {
  for (const table of TABLES.filter(existsSync)) {
    // Every host may know every other one, and the gateway: below the first limit the kernel leaves all of them alone.
    const needed = hosts * (hosts + 1);
    raise(`${table}/gc_thresh3`, 4 * needed);
    raise(`${table}/gc_thresh2`, 2 * needed);
    raise(`${table}/gc_thresh1`, needed);
  }
}

function raise(path: string, to: number): void {
  const limit = Number(readFileSync(path, 'utf8'));
  if (limit >= to) return;
  try {
    writeFileSync(path, `${to}`);
  } catch (error) {
    throw new Error(`${path} is ${limit}, this lab needs ${to}, and it cannot be raised: ${String(error)}`, {
      cause: error,
    });
  }
}
