/** A connection that leads into a black hole is given up, although neither side was told and one keeps writing. */
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { TransportEvent } from '../../agent/mesh/transport/types.ts';
import { startNode } from './mesh-transport-support/node.ts';
import { note } from './mesh-transport-support/note.ts';

/** Two rounds 15 s apart, the second's 10 s to answer, and up to a round until the first begins. */
const BOUND_MS = 42_000;

/** Forwards to a port until `swallow` is called; from then on takes everything and passes on nothing. */
async function createHole(port: number): Promise<{ address: string; swallow(): void; close(): void }> {
  const sockets: Socket[] = [];
  let swallowing = false;
  const server = createServer((inbound) => {
    const outbound = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      sockets.push(from);
      from.on('data', (bytes) => swallowing || to.write(bytes));
      from.on('error', () => {});
      from.on('close', () => swallowing || to.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    swallow: () => void (swallowing = true),
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

it(`both sides give it up within ${BOUND_MS / 1000} s`, { timeout: 2 * BOUND_MS }, async () => {
  const [a, b] = [await startNode(), await startNode()];
  const hole = await createHole(Number(b.transport.listening()[0]?.split(':')[1]));
  const { peer } = await a.transport.connect([hole.address], b.transport.peerId, AbortSignal.timeout(5000));
  expect(peer?.address).toBe(hole.address);
  await sleep(1000);
  const events: (TransportEvent & { afterMs: number })[] = [];
  const from = performance.now();
  for (const { transport } of [a, b])
    transport.watch((event) => events.push({ ...event, afterMs: Math.round(performance.now() - from) }));
  hole.swallow();
  while (events.length < 2 && performance.now() - from < 1.5 * BOUND_MS) {
    await a.say(`message ${performance.now()}`);
    await sleep(200);
  }
  note(
    'black hole:',
    ...events.map((event) => `${event.kind} ${'why' in event ? event.why : ''} ${event.afterMs} ms,`),
  );
  expect(events).toMatchObject([
    { kind: 'disconnected', why: 'silent' },
    { kind: 'disconnected', why: 'silent' },
  ]);
  expect(Math.max(...events.map(({ afterMs }) => afterMs))).toBeLessThan(BOUND_MS);
  expect(a.transport.counts().silent).toBe(1);
  hole.close();
  await Promise.all([a.stop(), b.stop()]);
});
