/** What a node sees of another, as it travels in reports and in events. */
import type { Edge, EdgeState } from '../../model/member.ts';
import { isPrefix } from '../identity/peer-id.ts';
import { trimmed, wireMs } from './payload.ts';
import { Malformed, readArray, readDuration, readInteger, readNumber, readOptional } from '../../model/read.ts';
import { sharedText } from './shared-text.ts';

/** In the order of their numbers on the wire: new ones are added at the end. */
const EDGE_STATES: readonly EdgeState[] = ['good', 'lost', 'refused', 'unresponsive', 'udp-blocked'];
const FLAGS = { overlay: 1, hindered: 2, sampled: 4 } as const;

/**
 * As {@link Edge}, with the peer by its key and without any clock of the author's. One of the overlay has no state, which
 * its check tells: `lossTo` is the share of pings that were not answered on either way, and `forMs` says nothing.
 */
export interface WireEdge extends Omit<Edge, 'peer' | 'sinceMs' | 'answeredAtMs' | 'fullSize'> {
  /** The first 8 bytes of the peer's key in base64url. */
  readonly peer: string;
  readonly network: 'underlay' | 'overlay';
  /** How long it has been as it is. */
  readonly forMs: number;
}

/** 16 neighbours on each of two networks, and as many that are lost and still watched. */
export const MAX_EDGES = 64;

/** `[peer, state, forMs, rttMs, offsetMs, uncertaintyMs, lossTo, lossFrom, flags]` */
export const edgeItems = (edge: WireEdge): readonly unknown[] =>
  trimmed([
    edge.peer,
    edgeStateNumber(edge.state),
    wireMs(edge.forMs),
    rounded(edge.rttMs, 100),
    rounded(edge.offset?.offsetMs, 10),
    rounded(edge.offset?.uncertaintyMs, 10),
    rounded(edge.lossTo, 1000),
    rounded(edge.lossFrom, 1000),
    flagsOf(edge) || null,
  ]);

/** Undefined for a state that this version does not know: such an edge testifies to nothing. @throws {Malformed} */
export function readEdge(value: unknown): WireEdge | undefined {
  const [peer, stateNumber, forMs, rtt, offset, uncertainty, to, from, flagNumber] = readArray(value, 9);
  const flags = readOptional(flagNumber, (number) => readInteger(number, 0)) ?? 0;
  const state = readEdgeState(stateNumber);
  const offsetMs = readOptional(offset, (ms) => readNumber(ms, -1e13, 1e13));
  const uncertaintyMs = readOptional(uncertainty, readDuration);
  const rttMs = readOptional(rtt, readDuration);
  const lossTo = readOptional(to, readShare);
  const lossFrom = readOptional(from, readShare);
  const [by, forAMs] = [sharedText(readPrefix(peer)), readDuration(forMs)];
  const network = (flags & FLAGS.overlay) === 0 ? 'underlay' : 'overlay';
  if (state && flags === 0 && rttMs !== undefined && lossTo !== undefined && lossFrom !== undefined) {
    // 80,000 of them in a cluster of 5,000: an object that is made in one piece takes half the memory.
    if (offsetMs !== undefined && uncertaintyMs !== undefined)
      return { peer: by, network, forMs: forAMs, state, rttMs, offset: { offsetMs, uncertaintyMs }, lossTo, lossFrom };
  }
  const edge: WireEdge = {
    peer: by,
    network,
    forMs: forAMs,
    ...(state !== null && state !== undefined && { state }),
    ...(rttMs !== undefined && { rttMs }),
    ...(offsetMs !== undefined && uncertaintyMs !== undefined && { offset: { offsetMs, uncertaintyMs } }),
    ...(lossTo !== undefined && { lossTo }),
    ...(lossFrom !== undefined && { lossFrom }),
    ...((flags & FLAGS.hindered) !== 0 && { hindered: true as const }),
    ...((flags & FLAGS.sampled) !== 0 && { sampled: true as const }),
  };
  return state === undefined ? undefined : edge;
}

/** Null where nothing is known of the peer. */
export const edgeStateNumber = (state: EdgeState | undefined): number | null =>
  state === undefined ? null : EDGE_STATES.indexOf(state);

/** Null where the author knows nothing of the peer, undefined for a state of a newer version. @throws {Malformed} */
export function readEdgeState(value: unknown): EdgeState | null | undefined {
  if (value === null || value === undefined) return null;
  return EDGE_STATES[readInteger(value, 0)];
}

/** @throws {Malformed} */
export function readPrefix(value: unknown): string {
  if (!isPrefix(value)) throw new Malformed('the prefix of a key');
  return value;
}

const readShare = (value: unknown): number => readNumber(value, 0, 1);

const flagsOf = ({ network, hindered, sampled }: WireEdge): number =>
  (network === 'overlay' ? FLAGS.overlay : 0) |
  (hindered === true ? FLAGS.hindered : 0) |
  (sampled === true ? FLAGS.sampled : 0);

const rounded = (value: number | undefined, steps: number): number | null =>
  value === undefined || !Number.isFinite(value) ? null : Math.round(value * steps) / steps;
