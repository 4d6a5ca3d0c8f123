/** Events of the Kubernetes API, read by one agent for all: wired to the API, to the other agents and to the store. */
import { randomUUID } from 'node:crypto';
import type { Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import type { Logger } from './base/log.ts';
import type { Board } from './model/board.ts';
import type { Member } from './model/member.ts';
import type { Questions } from './model/questions.ts';
import type { Store } from './store/store.ts';
import { type Feed, createFeed } from './workloads/events/feed.ts';
import { FOLLOW } from './workloads/events/following.ts';
import { SEARCH } from './workloads/events/search.ts';
import type { EventSource } from './workloads/events/source.ts';

/** Of the mesh. */
export interface EventsMesh extends Questions {
  readonly board: Board;
  members(): readonly Member[];
}

/** Of what is asked of the Kubernetes API. */
export interface EventsKube {
  readEvents(...asked: Parameters<EventSource>): ReturnType<EventSource>;
}

export interface JoinedEventsDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: Pick<Store, 'saveSightings' | 'sightingsLostUntil' | 'clusterEvents' | 'sightings' | 'countedEvents'>;
  /** Undefined: there is none. */
  readonly mesh: () => EventsMesh | undefined;
  /** Undefined: this agent knows of no Kubernetes API. */
  readonly kube: () => EventsKube | undefined;
}

/** Undefined: nobody wants them. */
export function createJoinedEvents(config: Config, deps: JoinedEventsDeps): Feed | undefined {
  if (!config.events.enabled) return undefined;
  const { clock, log, store, mesh } = deps;
  const kube = deps.kube();
  const feed = createFeed(
    { self: config.node.name, runId: randomUUID(), drop: config.events.drop, hasMesh: config.mesh.enabled },
    {
      clock,
      log,
      store,
      source: kube && ((hooks) => kube.readEvents(hooks)),
      members: () => mesh()?.members() ?? [],
      board: {
        tell: (topic, items) => mesh()?.board.tell(topic, items) ?? 'told',
        notes: (topic) => mesh()?.board.notes(topic) ?? [],
      },
      async ask(node, ...asked) {
        const alone = {
          kind: 'failed',
          node,
          why: 'no-mesh',
          message: 'this agent has no mesh (mesh.enabled)',
        } as const;
        return mesh()?.ask(node, ...asked) ?? alone;
      },
    },
  );
  const { follow, search } = feed.answers;
  mesh()?.answer(FOLLOW, async (question, from) => follow(question, from));
  mesh()?.answer(SEARCH, (question) => search(question));
  return feed;
}
