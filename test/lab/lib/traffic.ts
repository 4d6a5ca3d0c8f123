/** Real traffic between hosts of the lab, to measure what a fault does. */
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Lab, LabHost, LabProcess } from './lab/types.ts';

export interface Traffic {
  /** The process in that host that makes and takes the traffic. */
  of(host: string): LabProcess;
  /** (Re)starts it. */
  start(host: string): Promise<void>;
  /** Sends datagrams and resolves to how many arrived. */
  udp(from: string, to: string, options?: UdpOptions): Promise<number>;
  /** Opens a TCP connection to a host or an address: `ok`, `silent` for 1.5 s, or the error's code. */
  open(from: string, to: string): Promise<string>;
  /** An echo over the connection opened last: `ok`, `silent` for 1.5 s, `closed`, or the error's code. */
  ask(from: string, to: string): Promise<string>;
}

export interface UdpOptions {
  /** Default: 20. */
  readonly count?: number;
  /** Of each datagram's payload. */
  readonly bytes?: number;
  /** Where they go, when not to the host's first address. */
  readonly address?: string;
}

const SCRIPT = join(import.meta.dirname, 'scripts/traffic.ts');

/** Starts the measuring process in each host. */
export async function startTraffic(lab: Lab): Promise<Traffic> {
  const processes = new Map<string, LabProcess>();
  let batches = 0;
  const start = async (name: string): Promise<void> => {
    processes.set(name, await lab.host(name).start(process.execPath, [SCRIPT], { readyWhen: /listening/ }));
  };
  const call = async <T>(host: LabHost, path: string, query: Readonly<Record<string, string>>): Promise<T> =>
    host.json<T>(`/${path}?${new URLSearchParams(query).toString()}`, { timeoutMs: 20_000 });
  const addressOf = (to: string): string => (isIP(to) === 0 ? lab.host(to).address : to);
  await Promise.all(lab.hosts.map(({ name }) => start(name)));
  return {
    start,
    of(host) {
      const found = processes.get(host);
      if (found === undefined) throw new Error(`no traffic in ${host}`);
      return found;
    },
    async udp(from, to, { count = 20, bytes = 0, address } = {}) {
      batches += 1;
      const as = `${from}-${batches}`;
      const target = address ?? lab.host(to).address;
      const query = { to: target, as, count: String(count), bytes: String(bytes) };
      const errors = await call<string[]>(lab.host(from), 'send', query);
      if (errors.length > 0) throw new Error(`${from} cannot send to ${target}: ${errors[0]}`);
      return call<number>(lab.host(to), 'received', { as });
    },
    open: (from, to) => call<string>(lab.host(from), 'open', { to: addressOf(to) }),
    ask: (from, to) => call<string>(lab.host(from), 'ask', { to: addressOf(to) }),
  };
}
