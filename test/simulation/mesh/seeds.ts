/** Seeds that are run whatever else is: those that found something. */

/** They failed once, and what they found is mended. */
export const FOUND_SOMETHING: readonly number[] = [];

/** What they found is known and not mended yet. They are run and told of loudly, and fail nothing. */
export const KNOWN_FAILURES: ReadonlyMap<number, string> = new Map([]);
