/** How often one agent of many may ask the API, so that all together stay under a fixed rate (design: 10 requests a second). */

/** Of all agents together, for what each of them asks for itself. */
const PER_SECOND = {
  /** Its own Node. */
  ownNode: 1.5,
  clusterKey: 0.8,
  /** A watch of the pods of its node. */
  ownPods: 1,
  /** The Lease of its node's kubelet. */
  ownLease: 0.5,
  /** A page of Nodes, by whoever knows nobody. */
  discovery: 1,
  /** Pages of lists of all Nodes, where a mesh has fallen into pieces that each have readers. */
  lists: 0.5,
  /** Watches of Events that are begun anew, where each piece has a reader. */
  eventWatch: 1,
} as const;
/** How often a single one would ask. */
const USUAL_MS = {
  ownNode: 10 * 60_000,
  /** Where no reader tells of it. */
  untoldNode: 30_000,
  clusterKey: 5 * 60_000,
  ownPods: 10 * 60_000,
  ownLease: 20_000,
  eventWatch: 30_000,
} as const;
/** A watch lasts up to twice its time, and one that is silent for 150 s is taken for broken. */
const LONGEST_EVENT_WATCH_MS = 70_000;

/** Over how long all of them ask once. @param members how many agents there are */
export const spreadMs = (asked: keyof typeof PER_SECOND, members: number): number =>
  (members * 1000) / PER_SECOND[asked];

/** After how long a reader begins its watch of Events anew. @param readers one for each piece of the mesh */
export const eventWatchMs = (readers: number): number =>
  Math.min(LONGEST_EVENT_WATCH_MS, intervalMs('eventWatch', readers));

/** After how long an agent asks again. */
export const intervalMs = (asked: keyof typeof USUAL_MS, members: number): number =>
  Math.max(USUAL_MS[asked], spreadMs(asked === 'untoldNode' ? 'ownNode' : asked, members));
