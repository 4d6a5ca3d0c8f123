/** What people can see of the notifications: who is told, what was told, and what is not. */
import type { FindingSeverity } from './finding.ts';
import type { Silence, SilenceOrder, SilenceOutcome } from './silence.ts';

export interface ReceiverState {
  readonly name: string;
  readonly kind: string;
  /** The node whose agent is the first to tell it; undefined: nobody can say. */
  readonly sender?: string;
  /** How much of it this agent knows that nobody has told yet. */
  readonly waiting: number;
  /** Nodes whose agents say that they are telling it, or that it takes nothing now. */
  readonly waitsFor?: readonly string[];
  /** Unix ms; by this agent. */
  readonly sentAt?: number;
  readonly failure?: { readonly at: number; readonly why: string; readonly isRefused: boolean };
  /** Unix ms: since then none of this agent's messages got through. */
  readonly failingSince?: number;
  /** By this agent, since it started. */
  readonly counts: { readonly sent: number; readonly failed: number; readonly refused: number };
}

/** What a receiver was told of one alert last, by any agent. */
export interface ToldEntry {
  readonly receiver: string;
  readonly fingerprint: string;
  readonly state: 'firing' | 'resolved';
  readonly severity: FindingSeverity;
  /** Unix ms. */
  readonly at: number;
  /** The node whose agent told it. */
  readonly by: string;
  /** Where this agent knows what it was. */
  readonly reason?: string;
  readonly nodes?: readonly string[];
}

export interface NotificationsState {
  readonly receivers: readonly ReceiverState[];
  /** Why this agent tells nobody anything now. */
  readonly paused?: string;
  /** Latest first. */
  readonly told: readonly ToldEntry[];
  /** What stands and is told to nobody because of a silence. */
  readonly silenced: readonly { readonly reason: string; readonly nodes: readonly string[] }[];
  readonly silences: readonly Silence[];
  /** Two agents told the same, so often since this one started. */
  readonly duplicates: number;
}

/** What can be asked and ordered of them. */
export interface NotificationsPort {
  state(): NotificationsState;
  silences(): readonly Silence[];
  /** `by` is where the person asked from. */
  silence(order: SilenceOrder, by: string): SilenceOutcome;
  endSilence(id: string, by: string): SilenceOutcome;
}
