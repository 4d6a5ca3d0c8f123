/** What a node sees of another, as it travels in reports. */
import { isPrefix } from '../identity/peer-id.ts';
import { trimmed, wireMs } from './payload.ts';
import { Malformed, readArray, readDuration, readInteger, readNumber, readOptional } from './read.ts';

/** In the order of their numbers on the wire: new ones are added at the end. */
const EDGE_STATES = ['good', 'lost', 'refused', 'unresponsive', 'udp-blocked'] as const;
export type EdgeState = (typeof EDGE_STATES)[number];

const NETWORKS = ['underlay', 'overlay'] as const;

export interface Edge {
  /** The first 8 bytes of the peer's key in base64url. */
  readonly peer: string;
  readonly network: (typeof NETWORKS)[number];
  readonly state: EdgeState;
  /** How long it has this state. */
  readonly forMs: number;
  readonly roundTripMs?: number;
  /** The peer's clock less mine. */
  readonly clockOffsetMs?: number;
  /** How far the offset may be off, either way. */
  readonly clockErrorMs?: number;
  /** Part of my probes that the peer did not hear, from 0 to 1. */
  readonly lossThere: number;
  /** Part of the peer's answers that I did not hear, from 0 to 1. */
  readonly lossBack: number;
}

/** 16 neighbours on each of two networks, and as many that are lost and still watched. */
export const MAX_EDGES = 64;

/** `[peer, state, forMs, roundTripMs, clockOffsetMs, clockErrorMs, lossThere, lossBack, network]` */
export const edgeItems = (edge: Edge): readonly unknown[] =>
  trimmed([
    edge.peer,
    EDGE_STATES.indexOf(edge.state),
    wireMs(edge.forMs),
    rounded(edge.roundTripMs, 100),
    rounded(edge.clockOffsetMs, 10),
    rounded(edge.clockErrorMs, 10),
    rounded(edge.lossThere, 1000) || null,
    rounded(edge.lossBack, 1000) || null,
    NETWORKS.indexOf(edge.network) || null,
  ]);

/** Undefined for a state or a network that this version does not know: such an edge testifies to nothing. */
export function readEdge(value: unknown): Edge | undefined {
  const [peer, state, forMs, roundTrip, offset, error, lossThere, lossBack, network] = readArray(value, 9);
  if (!isPrefix(peer)) throw new Malformed('the prefix of a key');
  const roundTripMs = readOptional(roundTrip, readDuration);
  const clockOffsetMs = readOptional(offset, (ms) => readNumber(ms, -1e13, 1e13));
  const clockErrorMs = readOptional(error, readDuration);
  const edge = {
    peer,
    forMs: readDuration(forMs),
    lossThere: readOptional(lossThere, readPart) ?? 0,
    lossBack: readOptional(lossBack, readPart) ?? 0,
    ...(roundTripMs !== undefined && { roundTripMs }),
    ...(clockOffsetMs !== undefined && { clockOffsetMs }),
    ...(clockErrorMs !== undefined && { clockErrorMs }),
  };
  const knownState = EDGE_STATES[readInteger(state, 0)];
  const knownNetwork = NETWORKS[readOptional(network, (number) => readInteger(number, 0)) ?? 0];
  if (knownState === undefined || knownNetwork === undefined) return undefined;
  return { ...edge, state: knownState, network: knownNetwork };
}

const readPart = (value: unknown): number => readNumber(value, 0, 1);

const rounded = (value: number | undefined, steps: number): number | null =>
  value === undefined || !Number.isFinite(value) ? null : Math.round(value * steps) / steps;
