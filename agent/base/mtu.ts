/** How long a packet may be that leaves by the interface of an address. */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Clock } from './clock.ts';

/** It may change while a process runs. */
const KNOWN_MS = 10_000;

/** Gives the MTU of the interface that has the address, in bytes; 0: not known. */
export function createMtuOf(clock: Pick<Clock, 'monotonic'>): (address: string) => number {
  const known = new Map<string, { readonly mtu: number; readonly at: number }>();
  return (address) => {
    const now = clock.monotonic();
    const before = known.get(address);
    if (before !== undefined && now - before.at < KNOWN_MS) return before.mtu;
    const mtu = readMtu(address);
    known.set(address, { mtu, at: now });
    return mtu;
  };
}

function readMtu(address: string): number {
  try {
    const interfaces = Object.entries(networkInterfaces());
    const [name] = interfaces.find(([, all = []]) => all.some((one) => one.address === address)) ?? [];
    if (name === undefined) return 0;
    return Number(readFileSync(join('/sys/class/net', name, 'mtu'), 'utf8')) || 0;
  } catch {
    return 0;
  }
}
