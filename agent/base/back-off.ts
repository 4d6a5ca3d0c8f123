/** When to try again what failed: after doubling pauses, for ever; jittered, so that nodes that start together do not try together. */

export interface BackOffBounds {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** More doublings than any bound has room for; failures are not bounded. */
const MAX_DOUBLINGS = 16;

/**
 * The pause after so many failures in a row: between half and all of `firstMs`, twice that, four times, … `longestMs`; none
 * before the first failure.
 *
 * @param random from 0 to 1, 1 excluded
 */
export function backOffMs(failures: number, random: number, { firstMs, longestMs }: BackOffBounds): number {
  if (failures <= 0) return 0;
  const full = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, MAX_DOUBLINGS));
  return full * (0.5 + random / 2);
}
