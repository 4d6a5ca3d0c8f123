/** Transports over sockets on loopback. */
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../agent/base/clock.ts';
import { type Logger, createLog } from '../../../agent/base/log.ts';
import { createOpenTransport } from '../../../agent/mesh/transport/libp2p/transport.ts';
import type { Transport } from '../../../agent/mesh/transport/types.ts';
import { type Harness, TOPIC } from './harness.ts';

const UNTIL_MS = 20_000;

export const seedOf = (number: number): Uint8Array => {
  const seed = new Uint8Array(32).fill(1);
  new DataView(seed.buffer).setUint32(0, number);
  return seed;
};

export const keyOf = (name: string): Uint8Array => new Uint8Array(32).fill(name.charCodeAt(0));

export interface MakeOptions {
  readonly key?: string;
  readonly keys?: readonly string[];
  readonly seed?: Uint8Array;
  readonly listen?: readonly string[];
  readonly announce?: readonly string[];
  readonly log?: Logger;
}

let seeds = 0;

export type OpenTransport = Awaited<ReturnType<typeof createOpenTransport>>;

/** A started transport on a port that the system chose. */
export async function makeLibp2p({
  key = 'key',
  keys = [key],
  seed,
  listen,
  announce = [],
  log,
}: MakeOptions = {}): Promise<OpenTransport> {
  const open = await createOpenTransport(
    {
      seed: seed ?? seedOf((seeds += 1)),
      clusterKeys: keys.map(keyOf),
      listen: listen ?? ['127.0.0.1:0'],
      announce,
      topics: [TOPIC],
    },
    { clock: systemClock, log: log ?? createLog('silent', 'n') },
  );
  await open.transport.start();
  return open;
}

export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + UNTIL_MS;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`never: ${what}`);
    await sleep(5);
  }
}

export async function libp2pHarness(): Promise<Harness> {
  const made: Transport[] = [];
  return {
    clock: systemClock,
    async make(options) {
      const { transport } = await makeLibp2p(options);
      made.push(transport);
      return transport;
    },
    run: (promise) => promise,
    until,
    pass: (durationMs) => sleep(durationMs),
    async stop() {
      await Promise.all(made.map((transport) => transport.stop()));
    },
  };
}
