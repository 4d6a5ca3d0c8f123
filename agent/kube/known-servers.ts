/** Which API servers there are, and on which Nodes: those that serve, and those of control-plane Nodes that did. */
import type { NodeFacts } from './objects/node.ts';

export interface KnownServers {
  /** `https://10.0.0.1:6443`; those that the Service names come first. */
  readonly apiServers: readonly string[];
  /** In the same order the names of their Nodes; undefined: it is on none, as a load balancer. */
  readonly serverNodes: readonly (string | undefined)[];
}

/**
 * An API server that dies leaves the Service within seconds, so that the Service alone tells of no dead one. It is missed
 * for as long as the Node at its address has a control plane and no server that the Service names: one that moved to
 * another address or port, or whose Node was removed or is a worker now, is not. Where the Nodes may not be listed nothing
 * tells one that is dead from one that is gone: there it is missed until it is long gone from the Service.
 *
 * @param listed what the Service names now; empty while it was not read: then nothing is dropped
 * @param before what it named earlier
 * @param nodes undefined while they were not read: only what is long gone is dropped
 * @param isLongGone whether the Service has not named it for long; see {@link createAbsences}
 */
export function knownServers(
  listed: readonly string[],
  before: readonly string[],
  nodes: Iterable<NodeFacts> | undefined,
  isLongGone: (url: string) => boolean = () => false,
): KnownServers {
  const hosts = new Set([...listed, ...before].map(hostOf));
  const byAddress = new Map<string, NodeFacts>();
  for (const node of nodes ?? [])
    for (const address of node.addresses) if (hosts.has(address)) byAddress.set(address, node);
  const nodeOf = (url: string): NodeFacts | undefined => byAddress.get(hostOf(url));
  const serving = new Set(listed.flatMap((url) => nodeOf(url)?.name ?? []));
  const isMissed = (url: string): boolean => {
    if (listed.length === 0) return true;
    if (nodes === undefined) return !isLongGone(url);
    const node = nodeOf(url);
    return node?.isControlPlane === true && !serving.has(node.name);
  };
  const missed = before.filter((url) => !listed.includes(url) && isMissed(url));
  const apiServers = [...listed, ...missed];
  return { apiServers, serverNodes: apiServers.map((url) => nodeOf(url)?.name) };
}

/** How long servers have been missing in the Service, in readings of it. */
export interface Absences {
  /**
   * The Service was read.
   *
   * @param listed what it names
   * @param known what is known besides
   */
  note(listed: readonly string[], known: readonly string[]): void;
  isLong(url: string): boolean;
}

/** An hour of readings, five minutes apart. */
const LONG_READINGS = 12;

/** Readings are counted and not time: while no server answers, none of them is less there than the others. */
export function createAbsences(): Absences {
  let missed: ReadonlyMap<string, number> = new Map();
  return {
    note(listed, known) {
      const gone = known.filter((url) => !listed.includes(url));
      missed = new Map(gone.map((url) => [url, (missed.get(url) ?? 0) + 1]));
    },
    isLong: (url) => (missed.get(url) ?? 0) >= LONG_READINGS,
  };
}

const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '');
