/** What can be gone to, by a part of its name; pure functions of the API's answers. */
import type { ApiStatus } from '../../agent/http/contract.ts';
import { checkAddress, nodeAddress } from './route.ts';

export interface Target {
  readonly kind: 'node' | 'check' | 'finding';
  readonly text: string;
  readonly address: string;
}

export interface SearchPlaces {
  readonly nodes: readonly string[];
  /** Id and title of the checks of {@link checksOf}. */
  readonly checks: ReadonlyMap<string, string>;
  /** The node whose checks are meant; undefined: none is known yet. */
  readonly checksOf: string | undefined;
  readonly findings: ApiStatus['findings'];
}

const MOST = 12;

/** Those whose name begins with the text first; all of them where there is none. */
export function findTargets(text: string, { nodes, checks, checksOf, findings }: SearchPlaces): readonly Target[] {
  const wanted = text.trim().toLowerCase();
  const all: Target[] = [
    ...nodes.map((node): Target => ({ kind: 'node', text: node, address: nodeAddress(node) })),
    ...(checksOf === undefined ? [] : [...checks]).map(([check, title]): Target => ({
      kind: 'check',
      text: `${title} · ${checksOf}`,
      address: checkAddress(checksOf ?? '', check),
    })),
    ...findings.map(({ sentence, node, check }): Target => ({
      kind: 'finding',
      text: sentence,
      address: check === undefined ? nodeAddress(node) : checkAddress(node, check),
    })),
  ];
  const matching = all.filter((target) => target.text.toLowerCase().includes(wanted));
  const begins = (target: Target): number => (target.text.toLowerCase().startsWith(wanted) ? 0 : 1);
  return matching.toSorted((a, b) => begins(a) - begins(b)).slice(0, MOST);
}
