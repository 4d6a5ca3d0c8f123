/** Which of a machine's addresses are the agent's own: one of each family, and the same as before while it is there. Pure. */
import { isIPv4, isIPv6 } from 'node:net';

export interface HostAddress {
  readonly device: string;
  /** An IP literal. */
  readonly host: string;
}

export interface HostAddresses {
  /** Of all devices, without loopback and link-local ones. */
  readonly all: readonly HostAddress[];
  /** From which the default routes lead. */
  readonly sources: readonly string[];
  /** They serve for a day or are about to go: temporary (RFC 8981), deprecated or tentative ones. */
  readonly passing: ReadonlySet<string>;
}

const LOOPBACK = '127.0.0.1';
/** Devices of container networks and of virtual machines: their addresses are the same on every machine, or lead nowhere. */
const INNER_DEVICE =
  /^(docker|br-|cni|cbr|flannel|cali|veth|virbr|vnet|lxc|lxd|podman|kube-|nodelocaldns|dummy|tunl|tap|vxlan|cilium|weave|ovn|ovs|genev|gre|sit|ip6tnl)/;

/**
 * IP literals, IPv4 first; loopback alone where there is nothing else. An address that vanished stays until there is
 * another one of its family: a cable that was pulled takes the addresses along and brings them back.
 *
 * @param before what was chosen last
 */
export function chooseAddresses(before: readonly string[], host: HostAddresses): readonly string[] {
  const known = before.filter((address) => address !== LOOPBACK);
  const chosen = [isIPv4, isIPv6].flatMap((isOf) => {
    const last = known.find((address) => isOf(address));
    const here = host.all.filter((one) => isOf(one.host));
    if (last !== undefined && here.some((one) => one.host === last)) return last;
    // A moment without a default route is no reason to go to whatever other address there is.
    return routed(here, host) ?? last ?? outer(here, host) ?? [];
  });
  return chosen.length > 0 ? chosen : [LOOPBACK];
}

/**
 * Those of the configured addresses that the machine has now: a virtual one may be elsewhere. All where it has none of
 * them, so that listening says what is wrong, or `before`.
 */
export function presentAddresses(
  configured: readonly string[],
  before: readonly string[],
  { all }: Pick<HostAddresses, 'all'>,
): readonly string[] {
  const isHere = (address: string): boolean =>
    /^(127\.|0\.0\.0\.0$|::1?$)/.test(address) || all.some(({ host }) => host === address);
  const present = configured.filter(isHere);
  if (present.length > 0) return present;
  return before.length > 0 ? before : configured;
}

function routed(here: readonly HostAddress[], { sources, passing }: HostAddresses): string | undefined {
  const source = here.find(({ host }) => sources.includes(host));
  if (source === undefined || !passing.has(source.host)) return source?.host;
  return (here.find(({ device, host }) => device === source.device && !passing.has(host)) ?? source).host;
}

/** A network without a way out is a network all the same. */
function outer(here: readonly HostAddress[], { passing }: HostAddresses): string | undefined {
  const outers = here.filter(({ device, host }) => !INNER_DEVICE.test(device) && !passing.has(host));
  return outers.toSorted((a, b) => (a.device < b.device ? -1 : 1))[0]?.host;
}
