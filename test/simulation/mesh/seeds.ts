/** Seeds that are run whatever else is: those that found something. */

/** They failed once, and what they found is mended. */
export const FOUND_SOMETHING: readonly number[] = [
  // A reinstalled machine did not hold its name in its own view.
  27, 37,
  // Two machines with one key synced forty times a second, and the original was called down after the copy was gone.
  7, 127, 465, 1247,
  // Who had just started took the first claim of a name that it heard of for the holder's.
  401,
  // A copied machine attested a boot that its original never reached and no report proved: it lagged for ever.
  2291,
  // After a heal the end of the old connection kept a neighbour from serving over the new one for 5 s.
  74,
  // Who came back after it was removed said so, and what it said next was not asked for in the same exchange, nor later.
  36,
  939,
  // The last to accept a new holder of a name saw those before it fall silent of the old one, and waited 30 s more.
  553,
  // A key that was gone had its name back when its successor was lost for 30 s: of two that are gone the last holds it.
  774,
  // Who hung together only with a host whose agent stood still asked others for witnesses, and called itself isolated.
  2914,
  // On a slow path a look was accepted before a cut, and its answer came no more: the agent was called stuck.
  2592,
  // Who was cut off alone dropped edges that it had lost a moment before, and judged their members anew in a third wave.
  4813,
  // What the simulation did wrong itself: a tombstone past its writer's own book, and one look where much is lost.
  1102, 1187, 1436, 1723,
  // And an event that it handed to a mesh before its start, with nobody else alive to let the time pass slowly.
  1152,
];

/** What they found is known and not mended yet. They are run and told of loudly, and fail nothing. */
export const KNOWN_FAILURES: ReadonlyMap<number, string> = new Map();
