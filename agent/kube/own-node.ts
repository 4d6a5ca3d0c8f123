/** The Node object of the node that this agent runs on: read at the start, and again now and then. */
import type { Clock } from '../base/clock.ts';
import { type Answer, failureOf } from './api/answer.ts';
import type { KubeClient } from './api/client.ts';
import { createPause } from './api/pause.ts';
import { intervalMs, spreadMs } from './budget.ts';
import { type NodeFacts, readNode } from './objects/node.ts';
import type { Rights } from './rights.ts';

export interface OwnNode {
  /** As it was read last; undefined: never. */
  facts(): NodeFacts | undefined;
  /** Somebody else has read this UID: another one than before is looked at soon. */
  heard(uid: string): void;
}

export interface OwnNodeDeps {
  readonly client: Pick<KubeClient, 'get'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly rights: Rights;
  readonly members: () => number;
  readonly onChange: () => void;
}

/** What a reader has seen the API may still deny here. */
const HEARD_MS = 60_000;
/** How many agents there are is not known before they have met. */
const LONGEST_PAUSE_MS = 5 * 60_000;

/** Begins at once. */
export function startOwnNode(name: string, deps: OwnNodeDeps): OwnNode {
  const { client, clock, random, signal, rights, members, onChange } = deps;
  let facts: NodeFacts | undefined;
  let readAt = -Infinity;
  const take = (next: NodeFacts | undefined): void => {
    if (next === undefined) return;
    const isSame = JSON.stringify(next) === JSON.stringify(facts);
    facts = next;
    if (!isSame) onChange();
  };
  const read = async (): Promise<Answer> => {
    readAt = clock.monotonic();
    const answer = await client.get(`/api/v1/nodes/${encodeURIComponent(name)}`);
    rights.note('get nodes', answer);
    if (answer.kind === 'ok') take(readNode(answer.value));
    return answer;
  };
  const run = async (): Promise<void> => {
    const pause = createPause(LONGEST_PAUSE_MS, { clock, random, signal });
    while (!signal.aborted) {
      const answer = await read();
      if (answer.kind !== 'ok') {
        await pause.next(failureOf(answer));
        await clock.sleep(2 * spreadMs('ownNode', members()) * random(), signal);
        continue;
      }
      pause.reset();
      await clock.sleep(intervalMs('ownNode', members()) * (0.75 + random() / 2), signal);
    }
  };
  void run();
  return {
    facts: () => facts,
    heard(uid) {
      if (facts === undefined || facts.uid === uid || clock.monotonic() - readAt < HEARD_MS) return;
      // Of many Nodes that are registered anew at once not all agents ask at once.
      readAt = clock.monotonic();
      void clock
        .sleep(spreadMs('ownNode', members()) * random(), signal)
        .then(() => (signal.aborted ? undefined : read()));
    },
  };
}
