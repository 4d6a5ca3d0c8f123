/**
 * Which names this agent answers to. A page from elsewhere can make a browser resolve its own name to this address
 * (DNS rebinding); it cannot make the browser send another Host header than that name.
 */
import { isIP } from 'node:net';

export interface HostNames {
  /** The node's own name. */
  readonly node: string;
  /** `http.hostNames` of the configuration. */
  readonly configured: readonly string[];
}

/**
 * True for an IP address, `localhost`, the node's name (short or with a domain) and the configured names, each with any
 * port. A request without the header is no browser's.
 */
export function answersTo(hostHeader: string | undefined, names: HostNames): boolean {
  if (hostHeader === undefined || hostHeader === '') return true;
  const host = withoutPort(hostHeader);
  if (host === undefined) return false;
  if (host === 'localhost' || isIP(host) !== 0) return true;
  if (names.configured.some((name) => normalise(name) === host)) return true;
  const node = normalise(names.node);
  return host === node || host.startsWith(`${node}.`) || node.startsWith(`${host}.`);
}

const normalise = (name: string): string => name.toLowerCase().replace(/\.$/, '');

function withoutPort(hostHeader: string): string | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(hostHeader.trim());
  const host = match?.[1] ?? match?.[2];
  return host === undefined ? undefined : normalise(host);
}
