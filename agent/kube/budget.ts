/** How often one agent of many may ask the API, so that all together stay under a fixed rate. */

/** Of all agents together, for what each of them asks for itself. */
const REQUESTS_PER_SECOND = 5;

/** @param members how many agents there are @param usualMs how often a single one would ask */
export const sharedIntervalMs = (members: number, usualMs: number): number =>
  Math.max(usualMs, (members * 1000) / REQUESTS_PER_SECOND);
