/** What the nodes see of each other, for the matrix and the tables; pure functions of the API's answer. */
import type { ApiLink } from '../../agent/http/contract/links.ts';
import type { Network } from './api.ts';
import { byName } from './fleet.ts';
import { edgeWording, type Wording } from './members.ts';
import { words } from './words/words.ts';

/** Up to so many nodes the matrix is drawn; above that it would be dots. */
export const MATRIX_UP_TO = 64;

/** What the address calls them. */
export const networkOf = (choice: string): Network => (choice === 'overlay' ? 'overlay' : 'underlay');

/** What the cells show. */
export const SHOWS = ['state', 'latency', 'loss'] as const;
export type Show = (typeof SHOWS)[number];
export const showOf = (choice: string): Show => SHOWS.find((show) => show === choice) ?? 'state';

/** The two groups that `worker/eu-1a..worker/eu-1b` names; none for what names none. */
export function pathOf(choice: string): { readonly from?: string; readonly to?: string } {
  const [from = '', to = ''] = choice.split('..');
  return from === '' || to === '' ? {} : { from, to };
}

export const pathChoice = (from: string, to: string): string => `${from}..${to}`;

export const linkWords = ({ state }: Pick<ApiLink, 'state'>): Wording =>
  state === undefined ? { sign: 'unknown', word: words().network.notKnown } : edgeWording(state);

/** From this share of probes on a link that answers is not called good: one of ten is lost now and then. */
const LOSSY = 0.2;

/** It answers, and some of the probes do not get through. */
export const isLossy = (link: ApiLink): boolean => lossOf(link) >= LOSSY;

/** The share of the last probes that were lost on the worse way; 0 where nobody counted. */
export const lossOf = ({ lossTo = 0, lossFrom = 0, lossRatio = 0 }: ApiLink): number =>
  Math.max(lossTo, lossFrom, lossRatio);

/** Somebody who is connected says so, and it is no good word. What is not known is no fault. */
export const isBad = (link: ApiLink): boolean =>
  link.stale !== true &&
  link.state !== undefined &&
  (link.state !== 'good' || isLossy(link) || link.shortOnly === true);

export type LinkIndex = ReadonlyMap<string, ApiLink>;
const keyOf = (from: string, to: string): string => `${from}\n${to}`;
export const indexLinks = (links: readonly ApiLink[]): LinkIndex =>
  new Map(links.map((link) => [keyOf(link.from, link.to), link]));
export const linkOf = (index: LinkIndex, from: string, to: string): ApiLink | undefined => index.get(keyOf(from, to));

export interface LinkCounts {
  readonly looked: number;
  readonly bad: number;
  readonly stale: number;
}

export function countLinks(links: readonly ApiLink[]): LinkCounts {
  const stale = links.filter((link) => link.stale === true).length;
  return { looked: links.length - stale, bad: links.filter(isBad).length, stale };
}

/** Who sees a node in the same way, and not well. */
export interface BadGroup {
  readonly to: string;
  /** The one that has lasted longest first. */
  readonly links: readonly ApiLink[];
}

/** What is not good, by who is seen so and how; what most see first. */
export function groupBad(links: readonly ApiLink[]): BadGroup[] {
  const oldestFirst = links
    .filter(isBad)
    .toSorted((a, b) => Date.parse(a.since) - Date.parse(b.since) || byName(a.from, b.from));
  const groups = [...Map.groupBy(oldestFirst, (link) => keyOf(link.to, link.state ?? '')).values()];
  return groups
    .map((group) => ({ to: group[0]?.to ?? '', links: group }))
    .toSorted((a, b) => b.links.length - a.links.length || byName(a.to, b.to));
}

/** Both directions between a node and another one. */
export interface LinkPair {
  readonly peer: string;
  readonly out: ApiLink | undefined;
  readonly back: ApiLink | undefined;
}

/** The links of one node by the other end: what is not good first, history last, by name among equals. */
export function linksOf(node: string, links: readonly ApiLink[]): LinkPair[] {
  const out = new Map(links.filter(({ from }) => from === node).map((link) => [link.to, link]));
  const back = new Map(links.filter(({ to }) => to === node).map((link) => [link.from, link]));
  const rank = ({ out: there, back: here }: LinkPair): number => {
    const known = [there, here].filter((link) => link !== undefined);
    if (known.some(isBad)) return 0;
    return known.every((link) => link.stale === true) ? 2 : 1;
  };
  return [...new Set([...out.keys(), ...back.keys()])]
    .map((peer) => ({ peer, out: out.get(peer), back: back.get(peer) }))
    .toSorted((a, b) => rank(a) - rank(b) || byName(a.peer, b.peer));
}
