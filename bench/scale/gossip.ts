/**
 * Broadcast as gossipsub carries it: an agent passes a message on to its mesh, four of its connected neighbours and some
 * of those who chose it. Without the latter one in a hundred would be in nobody's mesh and hear nothing at once. Who that
 * is is fixed for a set of connections; pauses of grafting and IHAVE are left out, so that what is lost comes by sync.
 */
import { createFlood } from '../../agent/mesh/transport/memory/flood.ts';
import type { ConnectedPeer, Transport } from '../../agent/mesh/transport/types.ts';
import { EVENTS_TOPIC } from '../../agent/mesh/spread/topic.ts';
import type { VirtualTransport } from '../../test/simulation/mesh/transport.ts';

export interface Gossip extends Pick<Transport, 'publish' | 'subscribe'> {
  receive(from: string, topic: string, bytes: Uint8Array): void;
  /** Whether it grafted the connection with this peer. */
  hasChosen(peerId: string): boolean;
  readonly counts: { copiesSent: number; copiesReceived: number; bytesSent: number; unique: number };
}

/** D and Dhi of the agent's gossipsub. */
const DEGREE = 4;
const HIGHEST_DEGREE = 6;

export function createGossip(transport: VirtualTransport, gossipOf: (peerId: string) => Gossip | undefined): Gossip {
  const counts = { copiesSent: 0, copiesReceived: 0, bytesSent: 0, unique: 0 };
  const flood = createFlood([EVENTS_TOPIC], (to, topic, bytes) => {
    counts.copiesSent += 1;
    counts.bytesSent += bytes.length;
    transport.ends.get(to)?.tell((there) => gossipOf(there.peerId)?.receive(transport.peerId, topic, bytes));
  });
  let byWeight: readonly ConnectedPeer[] | undefined;
  let chosen: ReadonlySet<string> = new Set();
  transport.watch(() => (byWeight = undefined));
  const peers = (): readonly ConnectedPeer[] => {
    if (byWeight !== undefined) return byWeight;
    byWeight = transport
      .peers()
      .map((peer) => ({ peer, weight: weightOf(transport.peerId, peer.peerId) }))
      .sort((one, other) => one.weight - other.weight)
      .map(({ peer }) => peer);
    chosen = new Set(byWeight.slice(0, DEGREE).map(({ peerId }) => peerId));
    return byWeight;
  };
  const hasChosen = (peerId: string): boolean => peers().length > 0 && chosen.has(peerId);
  const mesh = (): readonly ConnectedPeer[] =>
    peers()
      .filter(({ peerId }) => chosen.has(peerId) || gossipOf(peerId)?.hasChosen(transport.peerId) === true)
      .slice(0, HIGHEST_DEGREE);
  return {
    counts,
    hasChosen,
    publish: async (topic, bytes) => flood.publish(topic, bytes, mesh()),
    subscribe: (topic, validate, onMessage) =>
      flood.subscribe(
        topic,
        (bytes, from) => {
          counts.unique += 1;
          return validate(bytes, from);
        },
        onMessage,
      ),
    receive(from, topic, bytes) {
      counts.copiesReceived += 1;
      flood.receive(from, topic, bytes, mesh());
    },
  };
}

/** Both ends of a connection agree on it, as they do in a mesh that was grafted by one of them. */
function weightOf(one: string, other: string): number {
  const text = one < other ? one + other : other + one;
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
