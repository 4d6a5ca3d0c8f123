/** Other agents that could be asked the same, for when the one that answers is gone or on the wrong side of a partition. */
import type { ClusterState } from '../model/cluster-state.ts';
import type { Member } from '../model/member.ts';
import { isLoopback } from './addresses.ts';
import type { ApiElsewhere } from './contract/overview.ts';
import { mayBeCutOff } from './node-words.ts';
import type { HttpOptions } from './options.ts';

export type ListenOptions = Pick<HttpOptions, 'port' | 'address' | 'tlsCertFile'>;

const CONNECTED = 8;
const UNHEARD = 4;

/**
 * A few that are connected, and a few that may live where they cannot be heard from here; spread over all of them, so that
 * they do not go together. Whose agent is known not to run cannot be asked. Agents of one cluster are configured alike: the
 * others are said to listen where this one does. That a port was made up by the system (0) says nothing of others, nor does
 * a listener for this machine only.
 */
export function presentElsewhere(state: ClusterState, options: ListenOptions): ApiElsewhere[] {
  const { self, mesh } = state;
  const others = (mesh?.members ?? []).filter(({ name }) => name !== self);
  const connected = others.filter((member) => member.inComponent && member.state !== 'left');
  const unheard = others.filter(mayBeCutOff);
  const present = ({ name: node, inComponent }: Member): ApiElsewhere => {
    return { node, connected: inComponent, urls: urlsOf(node, state, options) };
  };
  return [...spread(connected, CONNECTED), ...spread(unheard, UNHEARD)].map(present);
}

/** Where the agent of a node answers, as far as that is known. */
export const urlsOf = (node: string, { mesh }: Pick<ClusterState, 'mesh'>, options: ListenOptions): string[] =>
  (mesh?.addressesOf?.(node) ?? []).flatMap((text) => urlOf(text, options) ?? []);

/** @param text where its agent listens for others: `10.0.0.7:7576`, `[fd00::7]:7576` */
function urlOf(text: string, { port, address, tlsCertFile }: ListenOptions): string | undefined {
  const written = `${tlsCertFile === '' ? 'http' : 'https'}://${text}`;
  if (port === 0 || !URL.canParse(written)) return undefined;
  const url = new URL(written);
  url.port = String(port);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isLoopback(address) && !isLoopback(host) ? undefined : url.href;
}

/** So many at most, as far from one another as they can be. */
function spread<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, place) => all[Math.floor((place * all.length) / most)]!);
}
