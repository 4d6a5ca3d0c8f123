/** What comes of a person's word that something is not expected here any more. */
import type { MemberState } from './member.ts';

/** One form for each kind. */
type Plain<Kind> = Kind extends string ? { readonly kind: Kind } : never;

/**
 * Of a member that is to be removed from the cluster:
 *
 * - `forgotten`: it is no member any more, and the others hear of it. `state` is what it was
 * - `forgotten-before`: it was removed already, by whomever
 * - `unknown-name`: there is no such member
 * - `self`: it is the node that was asked
 * - `alive`: it is connected to the node that was asked. `reachedBy` names some that reach it, and may be empty
 * - `in-doubt`: whether it lives is being found out
 * - `not-settled`: the node that was asked has just started
 * - `isolated`: the node that was asked reaches nobody, and cannot tell who lives
 * - `busy`: too many were removed in a moment
 * - `no-mesh`: the node that was asked talks to no other
 */
export type ForgetOutcome =
  | { readonly kind: 'forgotten'; readonly state: MemberState }
  | { readonly kind: 'alive'; readonly reachedBy: readonly string[] }
  | { readonly kind: 'no-mesh'; readonly why: string }
  | Plain<'forgotten-before' | 'unknown-name' | 'self' | 'in-doubt' | 'not-settled' | 'isolated' | 'busy'>;

/**
 * Of what a check expects on this node because it was seen here:
 *
 * - `forgotten`: it is not expected any more
 * - `not-seen`: it never was seen here, so there is nothing to forget
 * - `unknown-check`: there is no such check
 * - `not-remembered`: the check expects nothing because it was seen
 * - `expected`: something else says that it belongs here, as `why` says
 * - `present`: it is here
 * - `not-settled`: what earlier runs saw is not known yet
 * - `cannot-tell`: whether something else says that it belongs here cannot be told, as `why` says
 */
export type ForgetCheckOutcome =
  | { readonly kind: 'expected'; readonly why: string }
  | { readonly kind: 'cannot-tell'; readonly why: string }
  | Plain<'forgotten' | 'not-seen' | 'unknown-check' | 'not-remembered' | 'present' | 'not-settled'>;
