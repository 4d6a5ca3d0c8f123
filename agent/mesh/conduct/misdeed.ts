/**
 * What no agent of any version does, by which it is known that a peer is none, or that its machine is broken. Everything
 * here is blamed on who is at the other end of the connection, and only what that one answers for: envelopes are verified
 * before they are relayed, so who brings a badly signed one made it or keeps no rules. What a slow, paused, crashed or
 * older agent does as well is no misdeed: streams that end early, answers that do not come, reports that are old.
 */

import type { Misdeed } from '../../model/mesh-state.ts';

export type { Misdeed } from '../../model/mesh-state.ts';

export const MISDEEDS: readonly Misdeed[] = [
  'malformed',
  'oversize',
  'unasked',
  'forged',
  'flood',
  'streams',
  'invented',
];

/** At so many points a peer is cut off. */
export const LIMIT = 100;

/**
 * Whoever sends a frame that cannot be read is left alone for 5 s anyway and ends at the second one. A bit that turned in
 * the memory of an honest agent makes one record a bad one, which is brought a few times until its author says the next.
 */
export const POINTS: Readonly<Record<Misdeed, number>> = {
  malformed: 60,
  oversize: 60,
  unasked: 60,
  forged: 5,
  flood: 1,
  streams: 1,
  invented: LIMIT,
};
