/** Nodes on which somebody works: what is missing there meanwhile was planned. */
import { formatInstant } from './text.ts';

export interface Maintenance {
  readonly node: string;
  /** The node whose agent was asked. */
  readonly by: string;
  readonly reason?: string;
  /** On this agent's monotonic clock, ms. */
  readonly sinceMs: number;
  /** On this agent's monotonic clock, ms. */
  readonly untilMs: number;
}

/** What a person asks for; `forMs` 0 ends it. */
export interface MaintenanceOrder {
  readonly node: string;
  readonly forMs: number;
  readonly reason?: string;
}

/** One form for each kind. */
type Plain<Kind> = Kind extends string ? { readonly kind: Kind } : never;

/**
 * What comes of it:
 *
 * - `begun`: the node is in maintenance, and the others hear of it
 * - `ended`: it is not any more
 * - `not-in-maintenance`: there was nothing to end
 * - `unknown-name`: there is no such member
 * - `too-long`: longer than the setting allows, `maxMs`
 * - `too-many`: the agent that was asked has said so of as many nodes as it may
 * - `overruled`: the word of the agent on `by` ranks above any that can be said
 * - `not-settled`: the node that was asked has just started
 * - `busy`: too much was ordered in a moment
 * - `no-mesh`: the node that was asked talks to no other
 */
export type MaintenanceOutcome =
  | { readonly kind: 'begun'; readonly maintenance: Maintenance }
  | { readonly kind: 'ended'; readonly maintenance: Maintenance }
  | { readonly kind: 'too-long'; readonly maxMs: number }
  | { readonly kind: 'overruled'; readonly by: string }
  | { readonly kind: 'no-mesh'; readonly why: string }
  | Plain<'not-in-maintenance' | 'unknown-name' | 'too-many' | 'not-settled' | 'busy'>;

/**
 * `in maintenance until 15:02:00 UTC (new disk), by m1`
 *
 * @param originMs Unix ms at which this agent's monotonic clock read 0
 * @param now Unix ms
 */
export const maintenanceWords = ({ untilMs, reason, by }: Maintenance, originMs: number, now: number): string =>
  `in maintenance until ${formatInstant(originMs + untilMs, now)}${reason === undefined ? '' : ` (${reason})`}, by ${by}`;
