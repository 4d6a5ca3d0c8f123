/** Which connections to close: those of no neighbour, when there are clearly more than neighbours. */

/** Connections beyond the neighbours that are left alone: two views of the rings differ for a while. */
const SLACK = 4;
/** Before there are neighbours, as many as a large cluster's node has. */
const WITHOUT_NEIGHBOURS = 16;
/** A newer one may be of a peer that just learned of us and is about to be our neighbour. */
const SETTLED_MS = 30_000;

/** One at a time, so that a change of the rings does not end everything at once. */
export function surplusOf(
  connectedAt: ReadonlyMap<string, number>,
  neighbours: ReadonlySet<string>,
  now: number,
  random: () => number,
): string | undefined {
  const allowed = neighbours.size === 0 ? WITHOUT_NEIGHBOURS : neighbours.size + SLACK;
  if (connectedAt.size <= allowed) return undefined;
  const settled = [...connectedAt].filter(([peerId, at]) => !neighbours.has(peerId) && now - at >= SETTLED_MS);
  return settled[Math.floor(random() * settled.length)]?.[0];
}
