/**
 * Where to look for other agents when none is known: where the Kubernetes API says that nodes are. Asked only by an agent
 * that is alone; whoever has met one learns of all others from it.
 */
import { backOffMs } from '../base/back-off.ts';
import type { Clock } from '../base/clock.ts';
import type { KubeClient } from './api/client.ts';
import { fieldsOf, listOf } from './objects/fields.ts';
import { readNode } from './objects/node.ts';
import { READ_ALL, type Rights } from './rights.ts';

export interface NodeSeeds {
  /** To be called again and again. */
  review(): void;
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
/** Nodes on one page: in a large cluster there are more, and one agent that answers is enough. */
const PAGE = 50;
/** Of them, so many are asked, another few every time. */
const MOST = 8;

export function createNodeSeeds(deps: NodeSeedsDeps): NodeSeeds {
  const { client, clock, random, rights, node, isAlone, suggest } = deps;
  let changedAt = clock.monotonic();
  let [wasAlone, isAsking, hasSuggested] = [true, false, false];
  let [asked, dueAt] = [0, -Infinity];

  const ask = async (): Promise<void> => {
    asked += 1;
    dueAt = clock.monotonic() + backOffMs(asked, random(), AGAIN);
    const answer = await client.get(`/api/v1/nodes?limit=${PAGE}`);
    rights.note(READ_ALL, answer);
    if (answer.kind !== 'ok' || !isAlone()) return;
    const hosts = listOf(fieldsOf(answer.value)['items'])
      .flatMap((item) => readNode(item) ?? [])
      .filter(({ name, os, addresses }) => name !== node && os === 'linux' && addresses.length > 0)
      .map(({ addresses }) => ({ addresses, order: random() }))
      .sort((one, other) => one.order - other.order)
      .slice(0, MOST)
      .flatMap(({ addresses }) => addresses);
    hasSuggested = true;
    suggest(hosts);
  };

  return {
    review() {
      const [now, alone] = [clock.monotonic(), isAlone()];
      if (alone !== wasAlone) [wasAlone, changedAt] = [alone, now];
      if (!alone && now - changedAt >= MET_MS) {
        asked = 0;
        dueAt = -Infinity;
        if (hasSuggested) suggest([]);
        hasSuggested = false;
      }
      if (!alone || isAsking || now - changedAt < ALONE_MS || now < dueAt) return;
      isAsking = true;
      void ask().finally(() => (isAsking = false));
    },
  };
}
