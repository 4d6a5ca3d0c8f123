/** The pods of the node that this agent runs on, as the API has them. */
import type { PodFacts, PodsView } from '../../checks/types.ts';
import type { Clock } from '../base/clock.ts';
import { formatDuration } from '../model/text.ts';
import type { KubeClient } from './api/client.ts';
import { startListWatch } from './api/list-watch.ts';
import { intervalMs, spreadMs } from './budget.ts';
import { readPod } from './objects/pod.ts';
import type { Rights } from './rights.ts';

export interface OwnPods {
  view(): PodsView;
  stop(): void;
}

export interface OwnPodsOptions {
  /** This node's name. */
  readonly node: string;
  /** Whose pods; `*`: everybody's. Of more than one all are watched, and the others left out here. Not empty. */
  readonly namespaces: readonly string[];
}

export interface OwnPodsDeps {
  readonly client: Pick<KubeClient, 'get' | 'watch'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly rights: Rights;
  readonly members: () => number;
}

/** A watch says something every minute at least; it is noticed after two and a half that it does not. */
const STALE_MS = 180_000;
const ALL = '*';

/** Begins at once. */
export function startOwnPods({ node, namespaces }: OwnPodsOptions, deps: OwnPodsDeps): OwnPods {
  const { client, clock, random, rights, members } = deps;
  const wanted = new Set(namespaces);
  const [only] = wanted;
  const isOne = wanted.size === 1 && only !== ALL;
  const path = isOne && only !== undefined ? `/api/v1/namespaces/${encodeURIComponent(only)}/pods` : '/api/v1/pods';
  const right = `list and watch pods ${isOne ? `in ${only}` : 'in all namespaces'}`;
  const pods = startListWatch<PodFacts>(
    {
      path,
      read: (object) => {
        const pod = readPod(object);
        return pod !== undefined && (wanted.has(ALL) || wanted.has(pod.namespace)) ? pod : undefined;
      },
      nameOf: ({ namespace, name }) => `${namespace}/${name}`,
      crowd: {
        query: `fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}`,
        watchMs: () => intervalMs('ownPods', members()),
        spreadMs: () => spreadMs('ownPods', members()),
      },
    },
    {
      onListed: () => {},
      onItem: () => {},
      onDeleted: () => {},
      onChange: () => {
        const state = pods.state();
        if (state.kind === 'failing') rights.note(right, state.answer);
        if (state.kind === 'current') rights.note(right, { kind: 'ok', value: undefined });
      },
    },
    { client, clock, random },
  );
  const blind = (): string | undefined => {
    const [state, heardAt] = [pods.state(), pods.heardAt()];
    const silentMs = clock.monotonic() - (heardAt ?? -Infinity);
    if (silentMs < STALE_MS) return undefined;
    if (state.kind === 'failing' && state.answer.kind === 'denied')
      return state.answer.status === 401
        ? 'the Kubernetes API does not accept the token of this agent'
        : `the Kubernetes API does not allow this agent to ${right}`;
    if (heardAt !== undefined)
      return `the Kubernetes API has said nothing of this node’s pods for ${formatDuration(silentMs)}`;
    return state.kind === 'failing'
      ? `the Kubernetes API does not tell this node’s pods: ${state.answer.message}`
      : 'the Kubernetes API was not asked for this node’s pods yet';
  };
  return {
    view() {
      const why = blind();
      return why === undefined ? { kind: 'known', pods: [...pods.items().values()] } : { kind: 'unknown', why };
    },
    stop: () => pods.stop(),
  };
}
