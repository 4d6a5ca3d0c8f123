/** TCP looks on behalf of the edges: one at a time for each peer, at all its addresses, the best answer counts. */
import type { Clock } from '../../base/clock.ts';
import { HOST_PORTS } from './host-ports.ts';
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

/** Somebody answered, so the host lives. */
const FROM_HOST: ReadonlySet<TcpLookResult> = new Set(['answered', 'unresponsive', 'foreign', 'refused']);

export function createLooks(deps: { clock: Clock; lookByTcp: LookByTcp; report: (look: Looked) => void }): Looks {
  const { clock } = deps;
  const underWay = new Map<string, AbortController>();
  /** Peers whose kernel accepted last time, and whose agents said nothing. */
  const stuck = new Set<string>();
  const lookAt = (address: ProbeAddress, port: number, signal: AbortSignal): Promise<TcpLook> =>
    deps.lookByTcp({ host: address.host, port }, { clock, signal });
  /**
   * Connections that nobody accepts stay in the listener's queue, and once it is full the kernel drops all that follow,
   * see listen(2): of an agent that stands still the looks of its peers then time out, as if its host were gone.
   */
  const isHostThere = async (addresses: readonly ProbeAddress[], signal: AbortSignal): Promise<boolean> => {
    const looks = await Promise.all(
      addresses.flatMap((address) => HOST_PORTS.map((port) => lookAt(address, port, signal))),
    );
    return looks.some(({ result }) => FROM_HOST.has(result));
  };
  const lookAtAll = async (peerId: string, addresses: readonly ProbeAddress[], signal: AbortSignal): Promise<void> => {
    const looks = await Promise.all(
      addresses.map((address) => lookAt(address, address.tcpPort ?? address.port, signal)),
    );
    const [best] = looks.sort((a, b) => RANKING.indexOf(a.result) - RANKING.indexOf(b.result));
    const isFull =
      best?.result === 'timed-out' && stuck.has(peerId) && !signal.aborted && (await isHostThere(addresses, signal));
    if (signal.aborted) return;
    underWay.delete(peerId);
    if (best === undefined) return;
    const look: TcpLook = isFull ? { ...best, result: 'unresponsive' } : best;
    if (look.result === 'unresponsive') stuck.add(peerId);
    else if (look.result !== 'timed-out') stuck.delete(peerId);
    deps.report({ kind: 'tcp-look', peerId, at: clock.monotonic(), ...look });
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
      stuck.delete(peerId);
    },
    stop() {
      for (const controller of underWay.values()) controller.abort();
      underWay.clear();
    },
  };
}
