/** What is sent to whom: between what decides when something is told and what knows how a receiver wants to hear it. */
import type { FindingSeverity } from '../model/finding.ts';

/** What a rule of people's own says beside what a finding has. */
export interface RuleWords {
  /** The value of its key, for people; empty: it has none. */
  readonly key: string;
  /** What its sentence was made of, by name. Of what was matched last: it may change while the alert stands. */
  readonly facts: Readonly<Record<string, string>>;
  /** How often people are to have been told of it. */
  readonly round: number;
  /** Names of those who are told; empty: all for whom it matters. */
  readonly receivers: readonly string[];
}

/** A finding, or what a rule says, as receivers hear of it. Two agents that conclude the same have the same fingerprint. */
export interface Alert {
  /** 16 hexadecimal digits of the story: of the kind of fault and its node, never of who saw it; of several nodes of none. */
  readonly fingerprint: string;
  /** Of a rule its name. */
  readonly reason: string;
  readonly severity: FindingSeverity;
  /** Names of the nodes that it is about, sorted. Empty: it is about the cluster. */
  readonly nodes: readonly string[];
  readonly sentence: string;
  /** Unix ms. */
  readonly since: number;
  /** Unix ms; set: it is over. */
  readonly endedAt?: number;
  readonly observers: readonly string[];
  /** What to do first, where the diagnosis says so. */
  readonly remedy?: string;
  /** Undefined: it is a finding. */
  readonly rule?: RuleWords;
}

/** One message for one receiver: what is new and what still stands, told together. */
export interface Notification {
  /** Of the receiver and what is new in it, the how many-th word on each: the same one sent twice is a duplicate. */
  readonly id: string;
  /** What is new first, then what still stands; of each what fires, the most severe first, before what is over. */
  readonly alerts: readonly Alert[];
  /** Name of the agent that sends it. */
  readonly sender: string;
  /** Whose word this is: of how many of the known members. In a partition each side says its own. */
  readonly view: { readonly members: number; readonly known: number };
  /** Unix ms at which it was made. */
  readonly at: number;
  /** It waits for longer than it should: the receiver could not be reached. */
  readonly isLate: boolean;
  /** Unix ms at which it was to be told, where it is late. */
  readonly dueAt?: number;
}

/**
 * - `sent`: the receiver has it, by its own word in the body of its answer where it gives one
 * - `failed`: it may be tried again, not before `retryAfterMs`
 * - `refused`: it says that it will refuse the same again; another agent's secret, address or clock may be right
 */
export type SendOutcome =
  | { readonly kind: 'sent' }
  | {
      readonly kind: 'failed';
      readonly why: string;
      readonly retryAfterMs?: number;
      /** Nobody is to send it anything before. `allowance`: so many messages are enough, and nothing has failed. */
      readonly holds?: 'receiver' | 'allowance';
    }
  | { readonly kind: 'refused'; readonly why: string };

export interface Receiver {
  /** Of the configuration. */
  readonly name: string;
  /** 16 hexadecimal digits of the address and the token, by which all agents agree on who sends; it gives neither away. */
  readonly destination: string;
  /** Never rejects; bounded in time. The same notification may be sent again after `failed`. */
  send(notification: Notification, signal: AbortSignal): Promise<SendOutcome>;
}
