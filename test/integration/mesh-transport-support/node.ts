/** A transport with its peer manager, over sockets on loopback. */
import { systemClock } from '../../../agent/base/clock.ts';
import { createLog } from '../../../agent/base/log.ts';
import { type PeerManager, createPeerManager } from '../../../agent/mesh/peer-manager/peer-manager.ts';
import type { Transport } from '../../../agent/mesh/transport/types.ts';
import { TOPIC } from './harness.ts';
import { type MakeOptions, type OpenTransport, makeLibp2p } from './libp2p-harness.ts';

export interface MeshNode {
  readonly transport: Transport;
  readonly libp2p: OpenTransport['libp2p'];
  readonly manager: PeerManager;
  /** What was heard, as text, with when. */
  readonly heard: Map<string, number>;
  onHeard(listener: (message: string) => void): void;
  say(message: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startNode(options: MakeOptions = {}): Promise<MeshNode> {
  const { transport, libp2p } = await makeLibp2p(options);
  const heard = new Map<string, number>();
  let tell: (message: string) => void = () => {};
  transport.subscribe(
    TOPIC,
    () => 'accept',
    (bytes) => {
      const message = Buffer.from(bytes.subarray(0, 40)).toString().trimEnd();
      heard.set(message, performance.now());
      tell(message);
    },
  );
  const manager = createPeerManager(
    { allowLoopback: true, ownAddresses: [] },
    { transport, clock: systemClock, random: Math.random, log: createLog('silent', 'n') },
  );
  manager.start();
  return {
    transport,
    libp2p,
    manager,
    heard,
    onHeard: (listener) => void (tell = listener),
    async say(message) {
      await transport.publish(TOPIC, new Uint8Array(Buffer.from(message)));
    },
    async stop() {
      manager.stop();
      await transport.stop();
    },
  };
}

/** Everybody is everybody's neighbour. */
export function introduce(nodes: readonly MeshNode[]): void {
  for (const { manager, transport } of nodes) {
    const others = nodes.filter((other) => other.transport !== transport);
    for (const other of others) manager.learn(other.transport.peerId, other.transport.listening());
    manager.setNeighbours(others.map((other) => other.transport.peerId));
  }
}

export const isFullMesh = (nodes: readonly MeshNode[]): boolean =>
  nodes.every(({ transport }) => transport.peers().length === nodes.length - 1);

export async function startMesh(count: number): Promise<MeshNode[]> {
  const nodes = await Promise.all(Array.from({ length: count }, () => startNode()));
  introduce(nodes);
  return nodes;
}
