/** How other agents are reached, and what of that is blocked on the way. */
import type { EdgeState } from './member.ts';

/** Another agent that this one probes. */
export interface PeerWay {
  readonly node: string;
  /** Where it listens for other agents: `10.0.0.7:7576`. Only those that are its alone and can be reached from here. */
  readonly addresses: readonly string[];
  readonly state?: EdgeState;
  /** For how long the state is as it is, ms. */
  readonly forMs: number;
  /** There is a connection between the two, whoever opened it. */
  readonly isConnected: boolean;
}

/** A TCP port of other agents to which no connection can be opened from here, although they answer probes. */
export interface BlockedPort {
  readonly port: number;
  /** `http`: pages, status and metrics. `gossip`: what agents tell each other. */
  readonly purpose: 'http' | 'gossip';
  /** Those that were asked, and of whom none has answered since. */
  readonly peers: readonly string[];
  /** `refused`: the host says that nobody listens. `silent`: nothing comes back, or a router says no. */
  readonly how: 'refused' | 'silent';
  /** When it was found first, Unix ms. */
  readonly since: number;
}
