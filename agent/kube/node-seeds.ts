/**
 * Where to look for other agents when none is known: where the Kubernetes API says that nodes are. Asked only by an agent
 * that is alone; whoever has met one learns of all others from it.
 */
import { backOffMs } from '../base/back-off.ts';
import type { Clock } from '../base/clock.ts';
import type { KubeClient } from './api/client.ts';
import { spreadMs } from './budget.ts';
import { fieldsOf, listOf, textOf } from './objects/fields.ts';
import { LINUX, type NodeFacts, readNode } from './objects/node.ts';
import { READ_ALL, type Rights } from './rights.ts';

export interface NodeSeeds {
  /** To be called again and again. */
  review(): void;
  /** How many Nodes the cluster has, as the API last said; 0: it was not asked. */
  nodes(): number;
}

export interface NodeSeedsDeps {
  readonly client: Pick<KubeClient, 'get'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
  readonly rights: Rights;
  /** This node's name. */
  readonly node: string;
  /** Whether any other agent is connected to this one. */
  readonly isAlone: () => boolean;
  /** IP addresses; none: they are not needed any more. */
  readonly suggest: (hosts: readonly string[]) => void;
}

/** Seeds and the addresses of the run before come first. */
const ALONE_MS = 10_000;
/** Whoever was met a moment ago may be gone the next. */
const MET_MS = 60_000;
const AGAIN = { firstMs: 15_000, longestMs: 5 * 60_000 } as const;
/** Nodes on one page: in a large cluster there are more, and one agent that answers is enough. The next page is asked next. */
const PAGE = 50;
/** Of them, so many are asked. */
const MOST = 8;

/** Where some of the Nodes are, chosen by chance. */
export const someAddresses = (nodes: readonly NodeFacts[], most: number, random: () => number): readonly string[] =>
  nodes
    .filter(({ addresses }) => addresses.length > 0)
    .map(({ addresses }) => ({ addresses, order: random() }))
    .sort((one, other) => one.order - other.order)
    .slice(0, most)
    .flatMap(({ addresses }) => addresses);

export function createNodeSeeds(deps: NodeSeedsDeps): NodeSeeds {
  const { client, clock, random, rights, node, isAlone, suggest } = deps;
  const firstMs = (): number => ALONE_MS * (1 + random());
  let changedAt = clock.monotonic();
  let [wasAlone, isAsking, hasSuggested] = [true, false, false];
  let [asked, dueAt] = [0, clock.monotonic() + firstMs()];
  let [nodes, token] = [0, ''];

  const ask = async (): Promise<void> => {
    asked += 1;
    const place = token === '' ? '' : `&continue=${encodeURIComponent(token)}`;
    const answer = await client.get(`/api/v1/nodes?limit=${PAGE}${place}`);
    rights.note(READ_ALL, answer);
    const { items, metadata } = fieldsOf(answer.kind === 'ok' ? answer.value : undefined);
    const { continue: next, remainingItemCount: rest } = fieldsOf(metadata);
    // Of later pages it does not tell how many came before.
    if (token === '') nodes = Math.max(nodes, listOf(items).length + (typeof rest === 'number' ? rest : 0));
    token = textOf(next) ?? '';
    dueAt =
      clock.monotonic() + Math.max(backOffMs(asked, random(), AGAIN), spreadMs('discovery', nodes) * (0.5 + random()));
    if (answer.kind !== 'ok' || !isAlone()) return;
    const found = listOf(items).flatMap((item) => readNode(item) ?? []);
    hasSuggested = true;
    suggest(
      someAddresses(
        found.filter(({ name, os }) => name !== node && os === LINUX),
        MOST,
        random,
      ),
    );
  };

  return {
    nodes: () => nodes,
    review() {
      const [now, alone] = [clock.monotonic(), isAlone()];
      if (alone !== wasAlone) [wasAlone, changedAt, dueAt] = [alone, now, Math.max(dueAt, now + firstMs())];
      if (!alone && now - changedAt >= MET_MS) {
        asked = 0;
        token = '';
        if (hasSuggested) suggest([]);
        hasSuggested = false;
      }
      if (!alone || isAsking || now < dueAt) return;
      isAsking = true;
      void ask().finally(() => (isAsking = false));
    },
  };
}
