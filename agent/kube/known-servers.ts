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
 * another address or port, or whose Node was removed or is a worker now, is not.
 *
 * @param listed what the Service names now; empty while it was not read: then nothing is dropped
 * @param before what it named earlier
 * @param nodes undefined while they were not read: as above
 */
export function knownServers(
  listed: readonly string[],
  before: readonly string[],
  nodes: Iterable<NodeFacts> | undefined,
): KnownServers {
  const hosts = new Set([...listed, ...before].map(hostOf));
  const byAddress = new Map<string, NodeFacts>();
  for (const node of nodes ?? [])
    for (const address of node.addresses) if (hosts.has(address)) byAddress.set(address, node);
  const nodeOf = (url: string): NodeFacts | undefined => byAddress.get(hostOf(url));
  const serving = new Set(listed.flatMap((url) => nodeOf(url)?.name ?? []));
  const isMissed = (url: string): boolean => {
    const node = nodeOf(url);
    if (nodes === undefined || listed.length === 0) return true;
    return node?.isControlPlane === true && !serving.has(node.name);
  };
  const missed = before.filter((url) => !listed.includes(url) && isMissed(url));
  const apiServers = [...listed, ...missed];
  return { apiServers, serverNodes: apiServers.map((url) => nodeOf(url)?.name) };
}

const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '');
