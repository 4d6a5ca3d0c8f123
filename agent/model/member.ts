/**
 * Nodes that have or had an agent, and what the agents see of each other.
 *
 * Three words that the rest of the mesh and the diagnosis share:
 * - An **edge** is what one node sees of another. It is a fact about the path and both ends, stated by one of them.
 * - My **component** is the set of members that are connected to me by good edges: a walk from me along my own probes,
 *   then along the edges that members already in it state. Members outside it testify to nothing: what they say is
 *   history.
 * - A **member** is a node that had an agent and was not removed. Its state is a verdict from the edges that members of
 *   my component state about it.
 */

/**
 * - `good`: it answers probes.
 * - `lost`: neither probes nor a TCP connection get through.
 * - `refused`: the host is up and refuses the agent's port: no agent runs.
 * - `unresponsive`: the host accepts the connection, and nobody answers on it: the agent is stuck or frozen.
 * - `udp-blocked`: probes do not get through and the protocol answers over TCP: the agent is fine, the path drops UDP.
 */
export type EdgeState = 'good' | 'lost' | 'refused' | 'unresponsive' | 'udp-blocked';

/** True when the agent at the other end is known to live and to be reachable. */
export const isReachable = (state: EdgeState | undefined): boolean => state === 'good' || state === 'udp-blocked';

/** How far another clock is ahead of mine. The true value lies within `offsetMs` ± `uncertaintyMs`. */
export interface ClockOffset {
  readonly offsetMs: number;
  readonly uncertaintyMs: number;
}

/** Datagrams as long as the smaller MTU of two ends, each sent right after a short one was answered. */
export interface FullSize {
  /** With the headers of IP and UDP. */
  readonly bytes: number;
  /** How many in a row were not answered. */
  readonly misses: number;
}

/** What this node sees of another one. */
export interface Edge {
  readonly peer: string;
  /** Absent: not known yet, or this node could not send. It says nothing about the peer then. */
  readonly state?: EdgeState;
  /** Since when the edge is as it is, on this agent's monotonic clock, ms. */
  readonly sinceMs: number;
  /** When the peer answered last, on this agent's monotonic clock, ms. Known of own edges only. */
  readonly answeredAtMs?: number;
  /** Share of the last 10 probes that I sent and the peer did not get, 0..1. */
  readonly lossTo?: number;
  /** Share of the last 10 probes that the peer sent and I did not get, 0..1. */
  readonly lossFrom?: number;
  /** Round trip of the last answered probe. */
  readonly rttMs?: number;
  readonly offset?: ClockOffset;
  /** Known of own edges only, and there of those that this end tests. */
  readonly fullSize?: FullSize;
  /** This node could not send: no carrier, no route of its own. */
  readonly hindered?: true;
  /** A single probe for the matrix. It is no testimony. */
  readonly sampled?: true;
}

/** What the pods of a node see of those of another one: the last pings of its overlay responder. */
export interface OverlayEdge {
  readonly peer: string;
  /** Share of the last pings that were not answered, on either way, 0..1. */
  readonly lossRatio: number;
  /** Round trip of the last short ping that was answered. */
  readonly rttMs?: number;
}

/** In clusters of more members nobody tells overlay edges: they are for a matrix, which would be dots. */
export const MOST_WITH_OVERLAY = 64;

/**
 * - `alive`: in my component, and no observer says otherwise.
 * - `suspect`: an observer states something else than good, and no verdict stands.
 * - `unreachable`: most observers lost it. Its host is off, or the network to it is.
 * - `agent-down`: the host is up and refuses the agent's port.
 * - `agent-unresponsive`: the host accepts connections and the agent says nothing.
 * - `leaving`: it said that it goes.
 * - `left`: it was removed, or went for good.
 */
export type MemberState =
  | 'alive'
  | 'suspect'
  | 'unreachable'
  | 'agent-down'
  | 'agent-unresponsive'
  | 'leaving'
  | 'left';

/** True for the states in which a member does not do its work. */
export const isDown = (state: MemberState): boolean =>
  state === 'unreachable' || state === 'agent-down' || state === 'agent-unresponsive';

/** `restart`: it comes back at once. `shutdown`: its host or its pod ends. `removed`: it does not come back. */
export type LeavingReason = 'restart' | 'shutdown' | 'removed';

/** What one observer says of a member. */
export interface Testimony {
  readonly observer: string;
  readonly state: EdgeState;
}

/** Goes up and down again and again: one fact, however often it happens. */
export interface Flapping {
  /** How often it went down in the last two minutes. */
  readonly falls: number;
  /** The first of them, on this agent's monotonic clock, ms. */
  readonly sinceMs: number;
  /** Enough of them were of this member alone. Otherwise others were lost with it: the network comes and goes. */
  readonly isOwn: boolean;
}

export interface Member {
  readonly name: string;
  readonly state: MemberState;
  /** Since when, on this agent's monotonic clock, ms. Negative where the state is from before this agent started. */
  readonly sinceMs: number;
  /** False while the state is only what was known before this agent started: nobody has looked since. */
  readonly judged: boolean;
  readonly inComponent: boolean;
  /** Since when it is in my component, on this agent's monotonic clock, ms. */
  readonly connectedSinceMs?: number;
  /** Until then being down is what is expected of a restart, and no reason to wake anybody. Monotonic, ms. */
  readonly graceUntilMs?: number;
  readonly leaving?: LeavingReason;
  readonly flapping?: Flapping;
  /** What its observers say, in the order of the rings: evidence and dissent. */
  readonly testimony: readonly Testimony[];
}
