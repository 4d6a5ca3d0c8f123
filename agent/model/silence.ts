/** What people do not want to hear of for a while. */

export interface Silence {
  /** 8 hexadecimal digits. */
  readonly id: string;
  /** At least one of both is given. */
  readonly reason?: string;
  readonly node?: string;
  readonly comment: string;
  /** The node whose agent was asked. */
  readonly by: string;
  /** Unix ms. */
  readonly since: number;
  /** Unix ms. */
  readonly until: number;
}

export interface SilenceOrder {
  readonly reason?: string;
  readonly node?: string;
  readonly comment: string;
  readonly forMs: number;
}

/** One form for each kind. */
type Plain<Kind> = Kind extends string ? { readonly kind: Kind } : never;

/**
 * What comes of it:
 *
 * - `begun`, `ended`: and the others hear of it
 * - `unknown-id`: there is no such silence, or none any more
 * - `too-many`: the agent that was asked has said as much as it may
 * - `not-settled`: the node that was asked has just started, or cannot talk to others
 * - `busy`: too much was ordered in a moment
 * - `off`: nobody is told of anything here
 */
export type SilenceOutcome =
  | { readonly kind: 'begun'; readonly silence: Silence }
  | { readonly kind: 'ended'; readonly silence: Silence }
  | Plain<'unknown-id' | 'too-many' | 'not-settled' | 'busy' | 'off'>;

export const LONGEST_SILENCE_MS = 30 * 86_400_000;
