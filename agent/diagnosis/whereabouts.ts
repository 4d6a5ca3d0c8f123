/** Where nodes are, for commands that a person runs: hosts seldom know each other by the names of their Nodes. */
import type { MeshEvidence } from './mesh-evidence.ts';

/** Where agents listen unless they are told otherwise, and say nothing else. */
const DEFAULT_PORT = 7576;
/** Of the API and the status as text; an agent does not tell another one which it has. */
const HTTP_PORT = 7575;

/** An IP address of the node, `10.0.0.3` or `fd00::3`; where none is known, words that ask for one. */
export const addressOf = (mesh: MeshEvidence | undefined, node: string): string =>
  placeOf(mesh, node)?.host ?? `ADDRESS-OF-${node}`;

/** The port to which others send probes of the node. */
export const probePortOf = (mesh: MeshEvidence | undefined, node: string): number =>
  placeOf(mesh, node)?.port ?? DEFAULT_PORT;

/** What asks the agent of the node for its status, without the program. */
export function statusCommand(mesh: MeshEvidence | undefined, node: string): string {
  const host = addressOf(mesh, node);
  return `curl -s ${host.includes(':') ? `'http://[${host}]:${HTTP_PORT}/status'` : `${host}:${HTTP_PORT}/status`}`;
}

/** The first of its addresses: in the order in which its agent has them. */
function placeOf(mesh: MeshEvidence | undefined, node: string): { host: string; port: number } | undefined {
  const [first] = mesh?.state.addressesOf?.(node) ?? [];
  const [, host, port] = /^\[?([^[\]]+)\]?:(\d+)$/.exec(first ?? '') ?? [];
  return host === undefined ? undefined : { host, port: Number(port) };
}
