/** When to try again: at once, then after doubling pauses up to a minute, for ever; jittered, so that nodes that start
 * together do not dial together. */

const FIRST_MS = 1000;
export const LONGEST_MS = 60_000;

/** The pause after so many failures in a row; `random` is in [0, 1). Between half and all of 1 s, 2 s, 4 s, … 60 s. */
export function pauseMs(failures: number, random: number): number {
  if (failures <= 0) return 0;
  // 2^6 s is above the longest; the exponent is bounded because failures are not.
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 6));
  return full * (0.5 + random / 2);
}
