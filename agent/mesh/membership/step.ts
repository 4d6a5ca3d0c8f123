/** What goes into the membership of one agent, and what comes out. */
import type { Edge, EdgeState, LeavingReason, Member } from '../../model/member.ts';
import type { ProbeAnswer, ProbeMiss } from './edge.ts';
import type { Isolation, WitnessAnswer } from './isolation.ts';
import type { EdgeChange } from './own-edges.ts';
import type { ExpectedMember, MemberChange } from './roster.ts';
import type { LookResult } from './second-look.ts';
import type { StatementOrder } from './testimony.ts';

/** One thing that happened. `peer`, `by` and `member` are node names. */
export type MembershipInput =
  /** Nothing; `wakeAtMs` is there. */
  | { readonly kind: 'tick' }
  /** All members that are known, each time in full. */
  | { readonly kind: 'expected'; readonly members: readonly ExpectedMember[] }
  | { readonly kind: 'answered'; readonly peer: string; readonly boot?: number; readonly answer: ProbeAnswer }
  | { readonly kind: 'missed'; readonly peer: string; readonly miss: ProbeMiss }
  /** A probe of the peer arrived: this direction works. */
  | { readonly kind: 'pinged'; readonly peer: string; readonly boot?: number }
  /** Its libp2p connection closed or was reset. */
  | { readonly kind: 'disconnected'; readonly peer: string }
  | { readonly kind: 'looked'; readonly peer: string; readonly result: LookResult }
  /** All edges that an author states, from its report. */
  | {
      readonly kind: 'reported';
      readonly by: string;
      readonly order: StatementOrder;
      readonly edges: ReadonlyMap<string, EdgeState>;
      /** Since when they are so, on my monotonic clock, ms. */
      readonly since?: ReadonlyMap<string, number>;
    }
  /** One edge of an author changed, from an event; without `state` it is withdrawn. */
  | {
      readonly kind: 'edge';
      readonly by: string;
      readonly order: StatementOrder;
      readonly peer: string;
      readonly state?: EdgeState;
      /** When its author said so, on my monotonic clock, ms. */
      readonly saidAtMs: number;
    }
  | { readonly kind: 'leaving'; readonly member: string; readonly boot: number; readonly reason: LeavingReason }
  | { readonly kind: 'witnessed'; readonly answer: WitnessAnswer }
  /** All that was kept from the run before is taken up. */
  | { readonly kind: 'recalled' }
  /** All members that cannot be looked at from here: nothing is said of them, and nothing is held against them. */
  | { readonly kind: 'apart'; readonly members: ReadonlySet<string> }
  /** SIGCONT, or a deadline of the prober was late. */
  | { readonly kind: 'away' };

export interface MembershipStep {
  /** Every known member, also myself, sorted by name. The same array while nothing changes. */
  readonly members: readonly Member[];
  /** Who is connected to me; see `component.ts`. */
  readonly component: ReadonlySet<string>;
  /** Whom to hold a connection to: at most 16 that may live, and those of the fixed neighbours that are gone. */
  readonly neighbours: readonly string[];
  /** Who of my component is to watch a member now. */
  readonly observersOf: (member: string) => readonly string[];
  /** My own edges, samples at the end. */
  readonly edges: () => readonly Edge[];
  readonly isolation: Isolation;
  /** True while nothing learned from disk is judged: until each own edge had 6 probes, or 10 s. */
  readonly settled: boolean;
  /** True for a second after a pause of this process. */
  readonly away: boolean;
  /** Whom to probe, with the mean time between two probes in ms. The same Map while nothing changes. */
  readonly probes: ReadonlyMap<string, number>;
  /** To be probed once more, at once. */
  readonly pings: readonly string[];
  /** To be looked at by TCP, at once. */
  readonly looks: readonly string[];
  /** Ask the witnesses, at once. */
  readonly witnessesWanted: boolean;
  /** What is worth an entry in the timeline. */
  readonly changes: readonly MemberChange[];
  /** What I state otherwise than before: to be published. */
  readonly edgeChanges: readonly EdgeChange[];
  /** Step again by then. */
  readonly wakeAtMs: number;
}

export interface MembershipOptions {
  /** My node name. */
  readonly self: string;
  /** Monotonic, ms, at the start. */
  readonly nowMs: number;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
  /** Nobody else is known, and there is nobody to ask: it is settled from the start. */
  readonly isAlone?: boolean;
  /** What was kept from the run before is being taken up: it is not settled before `recalled`, however long that takes. */
  readonly isRecalling?: boolean;
}

export interface Membership {
  /** @param nowMs monotonic, ms; never runs back */
  step(input: MembershipInput, nowMs: number): MembershipStep;
}
