/**
 * What the agent sees of those of other nodes: reachability and clock.
 *
 * - One in twelve probes to one node gets lost all day (a problem from one in ten on), to the others single ones, and for
 *   half a minute every second one; late answers besides.
 * - A node does not answer for up to 25 s while others reach it (a problem after 30 s), answers over TCP alone, or its
 *   agent is away; one has been off for the whole day.
 * - Long datagrams get lost up to eleven times in a row (twelve are a problem).
 * - This clock is up to 0.45 s away from all others (a problem from 0.5 s on); that of one node is ten minutes wrong, and of
 *   another it is known to two seconds only.
 */
import type { EdgesView, PeerEdge } from '../../../checks/types.ts';
import type { Noise } from './noise.ts';
import { HOUR, MINUTE, type Part, SECOND } from './part.ts';

export interface Peers extends Part {
  view(): EdgesView;
  /** From now on what is seen of each, or of the first alone, is this besides. */
  force(which: 'one' | 'all', more: Partial<PeerEdge>): void;
}

const NAMES = ['p1', 'p2', 'p3', 'p4', 'p5'];
const [WRONG_CLOCK, VAGUE_CLOCK] = ['p4', 'p5'];
const STEADY = 'p2';
const DEAD: PeerEdge = { node: 'p6', state: 'lost', forMs: 1_000_000_000 };
const LOST_ONE_OF = 12;
const LOOKED_AT = 10;
const MOST_LONG_MISSES = 11;
const MAX_LONG_BYTES = 1472;

export function createPeers(noise: Noise): Peers {
  const ahead = noise.wander(-450, 450);
  const paths = NAMES.map((name) => createPath(noise, name, ahead));
  const forced = new Map<string, Partial<PeerEdge>>();
  return {
    files: { '/run/systemd/timesync/': '', '/run/systemd/timesync/synchronized': '' },
    view: () => ({
      kind: 'known',
      peers: [...paths.map((path, index) => ({ ...path(), ...forced.get(NAMES[index] ?? '') })), DEAD],
    }),
    force: (which, more) =>
      NAMES.slice(0, which === 'one' ? 1 : NAMES.length).forEach((name) => forced.set(name, more)),
  };
}

function createPath(noise: Noise, node: string, ahead: () => number): () => PeerEdge {
  const { random, now, between } = noise;
  const away = noise.spells({ everyMs: HOUR, lastsMs: [5 * SECOND, 25 * SECOND] });
  const restarts = noise.spells({ everyMs: 4 * HOUR, lastsMs: [5 * SECOND, MINUTE] });
  const lossy = noise.spells({ everyMs: 2 * HOUR, lastsMs: [10 * SECOND, 30 * SECOND] });
  const short = noise.spells({ everyMs: HOUR, lastsMs: [2 * SECOND, MOST_LONG_MISSES * 2 * SECOND] });
  const rttMs = noise.tail(0.5, 300);
  let shortSince: number | undefined;
  const lossTo = (): number => {
    if (lossy.isOn() && node !== STEADY) return 0.5;
    const probes = Math.floor(now() / SECOND);
    const lost = Math.floor(probes / LOST_ONE_OF) - Math.floor((probes - LOOKED_AT) / LOST_ONE_OF);
    return node === STEADY ? lost / LOOKED_AT : random.chance(0.1) ? 0.1 : 0;
  };
  const longMisses = (): number => {
    shortSince = short.isOn() ? (shortSince ?? now()) : undefined;
    return shortSince === undefined ? 0 : Math.min(MOST_LONG_MISSES, Math.floor((now() - shortSince) / (2 * SECOND)));
  };
  const clock = (): NonNullable<PeerEdge['clock']> => {
    if (node === WRONG_CLOCK) return { offsetMs: -10 * MINUTE, uncertaintyMs: 1 };
    if (node === VAGUE_CLOCK) return { offsetMs: ahead(), uncertaintyMs: 2000 };
    return { offsetMs: ahead(), uncertaintyMs: between(0, 20) };
  };
  return () => {
    const state = away.isOn()
      ? random.pick(['lost', 'udp-blocked'] as const)
      : restarts.isOn()
        ? random.pick(['refused', 'unresponsive'] as const)
        : 'good';
    const awayMs = 25 * SECOND - away.leftMs();
    return {
      node,
      state,
      forMs: state === 'good' ? now() : awayMs,
      connectedForMs: now(),
      lossTo: lossTo(),
      lossFrom: random.pick([0, 0, 0, 0.1, 0.3]),
      rttMs: rttMs(),
      clock: clock(),
      fullSize: { bytes: MAX_LONG_BYTES, misses: longMisses() },
    };
  };
}
