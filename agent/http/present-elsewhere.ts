/** Other agents that could be asked the same, for when the one that answers is gone or on the wrong side of a partition. */
import type { ClusterState } from '../model/cluster-state.ts';
import { isLoopback } from './addresses.ts';
import type { ApiElsewhere } from './contract/overview.ts';
import type { HttpOptions } from './options.ts';

const CONNECTED = 8;
const NOT_CONNECTED = 4;

/**
 * A few of each side, spread over all of them, so that they do not go together. Agents of one cluster are configured
 * alike: the others are said to listen where this one does. That a port was made up by the system (0) says nothing of
 * others, and who listens for its own machine only is not told of.
 */
export function presentElsewhere(
  { self, mesh }: ClusterState,
  { port, address, tlsCertFile }: Pick<HttpOptions, 'port' | 'address' | 'tlsCertFile'>,
): ApiElsewhere[] {
  const { members = [], addressesOf } = mesh ?? {};
  if (addressesOf === undefined || port === 0) return [];
  const scheme = tlsCertFile === '' ? 'http' : 'https';
  const others = members.filter(({ name, state }) => name !== self && state !== 'left');
  const pick = (connected: boolean, most: number): ApiElsewhere[] =>
    spread(
      others.filter(({ inComponent }) => inComponent === connected),
      most,
    ).flatMap(({ name: node }) => {
      const urls = addressesOf(node).flatMap((text) => urlOf(text, scheme, port, address) ?? []);
      return urls.length === 0 ? [] : [{ node, connected, urls }];
    });
  return [...pick(true, CONNECTED), ...pick(false, NOT_CONNECTED)];
}

/** @param text where its agent listens for others: `10.0.0.7:7576`, `[fd00::7]:7576` */
function urlOf(text: string, scheme: string, port: number, ownAddress: string): string | undefined {
  if (!URL.canParse(`${scheme}://${text}`)) return undefined;
  const url = new URL(`${scheme}://${text}`);
  url.port = String(port);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isLoopback(ownAddress) && !isLoopback(host) ? undefined : url.href;
}

/** So many at most, as far from one another as they can be. */
function spread<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, place) => all[Math.floor((place * all.length) / most)]!);
}
