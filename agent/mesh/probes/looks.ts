/** TCP looks on behalf of the edges: one at a time for each peer, at all its addresses, the best answer counts. */
import type { Clock } from '../../base/clock.ts';
import type { Looked, ProbeAddress } from './observation.ts';
import type { TcpAddress, TcpLook, TcpLookResult } from './tcp-look.ts';

export type LookByTcp = (address: TcpAddress, context: { clock: Clock; signal: AbortSignal }) => Promise<TcpLook>;

export interface Looks {
  /** Starts a look unless one at this peer is under way. */
  start(peerId: string, addresses: readonly ProbeAddress[]): void;
  /** Calls off the look at a peer, if there is one. */
  cancel(peerId: string): void;
  stop(): void;
}

/** One address where an agent answers outweighs all where none does; silence says the least. */
const RANKING: readonly TcpLookResult[] = [
  'answered',
  'unresponsive',
  'foreign',
  'refused',
  'unreachable',
  'timed-out',
  'own-fault',
];

export function createLooks(deps: { clock: Clock; lookByTcp: LookByTcp; report: (look: Looked) => void }): Looks {
  const { clock } = deps;
  const underWay = new Map<string, AbortController>();
  const lookAtAll = async (peerId: string, addresses: readonly ProbeAddress[], signal: AbortSignal): Promise<void> => {
    const looks = await Promise.all(
      addresses.map(({ host, port, tcpPort }) => deps.lookByTcp({ host, port: tcpPort ?? port }, { clock, signal })),
    );
    if (signal.aborted) return;
    underWay.delete(peerId);
    const [best] = looks.sort((a, b) => RANKING.indexOf(a.result) - RANKING.indexOf(b.result));
    if (best !== undefined) deps.report({ kind: 'tcp-look', peerId, at: clock.monotonic(), ...best });
  };
  return {
    start(peerId, addresses) {
      if (underWay.has(peerId)) return;
      const controller = new AbortController();
      underWay.set(peerId, controller);
      lookAtAll(peerId, addresses, controller.signal).catch((error: unknown) => {
        // A look only rejects when it was called off.
        if (!controller.signal.aborted) throw error;
      });
    },
    cancel(peerId) {
      underWay.get(peerId)?.abort();
      underWay.delete(peerId);
    },
    stop() {
      for (const controller of underWay.values()) controller.abort();
      underWay.clear();
    },
  };
}
