/** Every way in which gossipsub loses a stream while its connection lives: delivery resumes within 6 s, both ways. */
import type { Connection, Stream } from '@libp2p/interface';
import { type TestContext, describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { toMultiaddr } from '../../agent/mesh/transport/libp2p/multiaddr.ts';
import { parseAddress } from '../../agent/mesh/transport/address.ts';
import { until } from './mesh-transport-support/libp2p-harness.ts';
import { type MeshNode, introduce, isFullMesh, startNode } from './mesh-transport-support/node.ts';
import { note } from './mesh-transport-support/note.ts';

const BOUND_MS = 6000;
const MIB = 1024 * 1024;

interface Pair {
  readonly a: MeshNode;
  readonly b: MeshNode;
}

const connectionsOf = ({ libp2p }: MeshNode): Connection[] => libp2p.getConnections();
const gossip = (node: MeshNode, direction: 'inbound' | 'outbound'): Stream[] =>
  connectionsOf(node).flatMap(({ streams }) =>
    streams.filter((stream) => stream.protocol.startsWith('/meshsub/') && stream.direction === direction),
  );
const abort = (streams: readonly Stream[]): void => {
  expect(streams.length).toBeGreaterThan(0);
  for (const stream of streams) stream.abort(new Error('aborted by hand'));
};

let count = 0;
async function delivers(from: MeshNode, to: MeshNode): Promise<boolean> {
  const message = `message ${(count += 1)}`;
  await from.say(message);
  const end = performance.now() + 300;
  while (!to.heard.has(message) && performance.now() < end) await sleep(10);
  return to.heard.has(message);
}

/** Says something every now and then until it arrives both ways twice in a row. */
async function resumesMs({ a, b }: Pair): Promise<number> {
  const from = performance.now();
  for (let good = 0; good < 2;) {
    const well = (await Promise.all([delivers(a, b), delivers(b, a)])).every(Boolean);
    good = well ? good + 1 : 0;
    if (performance.now() - from > 4 * BOUND_MS) throw new Error('delivery did not resume');
    if (!well) await sleep(50);
  }
  return performance.now() - from;
}

/** Two that hear each other; stopped with the test. */
async function startPair({ onTestFinished }: TestContext): Promise<Pair> {
  const start = async (): Promise<MeshNode> => {
    const node = await startNode();
    onTestFinished(() => node.stop());
    return node;
  };
  const [a, b] = await Promise.all([start(), start()]);
  introduce([a, b]);
  await until(() => isFullMesh([a, b]), 'connected');
  await until(() => gossip(a, 'outbound').length > 0 && gossip(b, 'outbound').length > 0, 'gossip streams');
  // Beyond the watchdog's grace for new connections.
  await sleep(3500);
  expect(await delivers(a, b)).toBe(true);
  return { a, b };
}

const address = (node: MeshNode, peerId: string) => {
  const parsed = parseAddress(node.transport.listening()[0] ?? '');
  if (parsed === undefined) throw new Error('not listening');
  return toMultiaddr(parsed, peerId);
};

const CASES: Readonly<Record<string, (pair: Pair) => unknown>> = {
  'the outbound stream is aborted': ({ a }) => abort(gossip(a, 'outbound')),
  'the inbound stream is aborted': ({ a }) => abort(gossip(a, 'inbound')),
  'both streams are aborted': ({ a }) => abort([...gossip(a, 'outbound'), ...gossip(a, 'inbound')]),
  'all streams are aborted on both sides': ({ a, b }) =>
    abort([a, b].flatMap((node) => [...gossip(node, 'outbound'), ...gossip(node, 'inbound')])),
  'the outbound stream is closed in order': ({ a }) =>
    Promise.all(gossip(a, 'outbound').map((stream) => stream.close())),
  'a frame is longer than the peer reads': ({ a }) => {
    // The length of 2 MiB as an unsigned varint; gossipsub's reader gives up at it.
    gossip(a, 'outbound')[0]?.send(Uint8Array.of(0x80, 0x80, 0x80, 0x01));
  },
  'the outbound buffer overflows': ({ a }) => {
    const [stream] = gossip(a, 'outbound');
    if (stream === undefined) throw new Error('no stream');
    // More than fits in the window and the buffer before the peer has a chance to read; the bytes are never seen as RPCs.
    expect(() => {
      for (let sent = 0; sent < 8; sent += 1) stream.send(new Uint8Array(MIB));
    }).toThrow();
  },
  'a second connection opens and the first one closes': async ({ a, b }) => {
    const [first] = connectionsOf(a);
    await a.libp2p.dial(address(b, b.transport.peerId), { force: true });
    await first?.close();
  },
  'the connection is aborted': ({ a }) =>
    connectionsOf(a).forEach((connection) => connection.abort(new Error('by hand'))),
};

// Each waits for the grace, and most for the watchdog: they wait together.
describe.concurrent('delivery resumes after', () => {
  it.for(Object.entries(CASES))('%s', async ([name, breakIt], context) => {
    const pair = await startPair(context);
    const { a, b } = pair;
    await breakIt(pair);
    const tookMs = await resumesMs(pair);
    note(`${name}: ${Math.round(tookMs)} ms`, a.transport.counts().deaf, b.transport.counts().deaf);
    expect(tookMs).toBeLessThan(2 * BOUND_MS);
    expect([a.transport.peers().length, b.transport.peers().length]).toEqual([1, 1]);
  });
});
