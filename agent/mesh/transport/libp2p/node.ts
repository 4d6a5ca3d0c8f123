/** libp2p's node: made, started, stopped within a bound, and what it listens on. */
import type { GossipSub } from '@libp2p/gossipsub';
import type { Identify } from '@libp2p/identify';
import type { ConnectionGater, Libp2p, Listener } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { AgentError, messageOf } from '../../../base/errors.ts';
import { type Address, formatAddress } from '../address.ts';
import type { StreamHandler, StreamLimits } from '../types.ts';
import { createFrameStream } from '../frame-stream.ts';
import { serve } from '../serve.ts';
import type { Admission } from './admission.ts';
import { createStreamChannel } from './channel.ts';
import type { Links } from './links.ts';
import { fromMultiaddr, toMultiaddr } from './multiaddr.ts';
import type { Refusals } from './refusals.ts';
import { type Settings, libp2pOptions } from './settings.ts';
import type { TransportDeps } from './transport.ts';

export type MeshLibp2p = Libp2p<{ admission: Admission; identify: Identify; pubsub: GossipSub }>;

export interface Node {
  readonly libp2p: MeshLibp2p;
  /** @throws AgentError `unavailable` when an address cannot be listened on. */
  start(): Promise<void>;
  /** Resolves within STOP_MS and a little, whatever the peers do. */
  stop(links: Links): Promise<void>;
  listening(): readonly string[];
  /** @throws AgentError `unavailable` when an address cannot be listened on. */
  listen(addresses: readonly Address[]): Promise<void>;
  /** Ends the listeners of all other addresses, and what came in by them. */
  keepOnly(addresses: readonly Address[]): Promise<void>;
  handle(protocol: string, limits: StreamLimits, handler: StreamHandler, onFailed: () => void): void;
}

const STOP_MS = 3000;

/** What libp2p does not promise to have, and has in the version that is pinned. */
interface WithTransportManager {
  readonly components: { readonly transportManager: { listen(addresses: Multiaddr[]): Promise<void> } };
}

export async function createNode(
  settings: Settings,
  gater: ConnectionGater,
  refusals: Refusals,
  deps: TransportDeps,
): Promise<Node> {
  const libp2p = await createLibp2p({ ...libp2pOptions(settings, gater, refusals), start: false });
  const listeners = new Set<Listener>();
  libp2p.addEventListener('transport:listening', ({ detail }) => listeners.add(detail));
  libp2p.addEventListener('transport:close', ({ detail }) => listeners.delete(detail));
  const isOf = (listener: Listener, addresses: ReadonlySet<string>): boolean =>
    listener.getAddrs().some((address) => addresses.has(fromMultiaddr(address)));
  return {
    libp2p,
    async start() {
      try {
        await libp2p.start();
      } catch (cause) {
        throw new AgentError('unavailable', `The mesh cannot listen: ${messageOf(cause)}`, { cause });
      }
    },
    async listen(addresses) {
      const { transportManager } = (libp2p as unknown as WithTransportManager).components;
      try {
        await transportManager.listen(addresses.map((address) => toMultiaddr(address)));
      } catch (cause) {
        throw new AgentError('unavailable', `The mesh cannot listen: ${messageOf(cause)}`, { cause });
      }
    },
    async keepOnly(addresses) {
      const kept = new Set(addresses.map(formatAddress));
      const given = [...listeners].filter((listener) => !isOf(listener, kept));
      for (const listener of given) listeners.delete(listener);
      const closed = Promise.allSettled(given.map((listener) => listener.close()));
      await Promise.race([closed, deps.clock.sleep(STOP_MS)]);
    },
    async stop(links) {
      links.stopping();
      const stopped = new AbortController();
      const stop = Promise.resolve(libp2p.stop())
        .catch((err: unknown) => deps.log.debug({ err }, 'libp2p did not stop in order'))
        .finally(() => stopped.abort());
      await Promise.race([stop, deps.clock.sleep(STOP_MS, stopped.signal)]);
      links.abortAll();
    },
    listening: () => [...new Set([...listeners].flatMap((listener) => listener.getAddrs().map(fromMultiaddr)))],
    handle(protocol, limits, handler, onFailed) {
      const answer = async (stream: Parameters<typeof createStreamChannel>[0], peerId: string): Promise<void> => {
        const frames = createFrameStream(peerId, createStreamChannel(stream), limits, deps);
        if (!(await serve(frames, limits, handler, deps.clock))) onFailed();
      };
      libp2p
        .handle(protocol, (stream, connection) => void answer(stream, connection.remotePeer.toString()), {
          maxInboundStreams: limits.maxStreamsPerPeer,
          maxOutboundStreams: 64,
        })
        .catch((err: unknown) => deps.log.error({ err, protocol }, 'the protocol is handled already'));
    },
  };
}
