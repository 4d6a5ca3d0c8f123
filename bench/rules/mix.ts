/** What is asked of the child that feeds rules, and what it answers. */

export const RULES = 200;
export const PER_SECOND = 100;
export const SECONDS = 600;

/**
 * `realistic` is the mix of a large cluster; `worst` has a pattern in every rule and nothing else by which a rule could be
 * left out; `vague` has patterns that name nothing that has to be in the text as it stands.
 */
export const MIXES = ['realistic', 'worst', 'vague'] as const;
export type Mix = (typeof MIXES)[number];

export interface Measured {
  /** Of a core. */
  readonly percent: number;
  readonly heapMib: number;
  readonly keys: number;
  readonly firing: number;
  /** Patterns for which no time was left. */
  readonly skipped: number;
}
