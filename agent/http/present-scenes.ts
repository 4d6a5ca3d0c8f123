/** Scenes of failures as the API has them. */
import type { ContainerFacts } from '../../checks/types.ts';
import type { ClusterState } from '../model/cluster-state.ts';
import type { HeldIncident, Incident, Scene } from '../model/scene.ts';
import type { ApiScene, ApiSceneInShort } from './contract/scenes.ts';
import { type ListenOptions, urlsOf } from './present-elsewhere.ts';

const instant = (at: number): string => new Date(at).toISOString();
const seconds = (ms: number): number => ms / 1000;

type Told = Pick<
  ApiScene,
  'id' | 'at' | 'namespace' | 'pod' | 'container' | 'cause' | 'run' | 'exitCode' | 'reason' | 'ranSeconds' | 'reduced'
>;

const presentIncident = (incident: Incident): Told => {
  const { id, at, namespace, pod, container, cause, run, exitCode, reason, ranMs, isReduced } = incident;
  return {
    id,
    at: instant(at),
    namespace,
    pod,
    container,
    cause,
    reduced: isReduced,
    ...(run !== undefined && { run }),
    ...(exitCode !== undefined && { exitCode }),
    ...(reason !== undefined && { reason }),
    ...(ranMs !== undefined && { ranSeconds: seconds(ranMs) }),
  };
};

export const presentOwnIncident = (node: string, incident: Incident): ApiSceneInShort => ({
  ...presentIncident(incident),
  node,
  held: 'here',
  urls: [],
});

export const presentHeldIncident = (
  incident: HeldIncident,
  state: ClusterState,
  options: ListenOptions,
): ApiSceneInShort => ({
  ...presentIncident(incident),
  node: incident.node,
  held: incident.isConnected ? 'elsewhere' : 'away',
  urls: urlsOf(incident.node, state, options),
});

export function presentScene(scene: Scene): ApiScene {
  const { node, notKept, podFacts, events, logs, surroundings, missing } = scene;
  const { changes, component, ...around } = surroundings;
  return {
    ...presentIncident(scene),
    node,
    notKept,
    ...(podFacts !== undefined && {
      podStatus: {
        phase: podFacts.phase,
        ready: podFacts.isReady,
        ...(podFacts.because !== undefined && { because: podFacts.because }),
        conditions: podFacts.conditions.map(({ since, ...condition }) => ({
          ...condition,
          ...(since !== undefined && { since: instant(since) }),
        })),
        containers: podFacts.containers.map(presentContainer),
        omittedContainers: podFacts.omittedContainers,
      },
    }),
    ...(events !== undefined && { events: events.map(({ at, ...event }) => ({ at: instant(at), ...event })) }),
    logs: logs.map(({ isCut, lines, ...log }) => ({
      ...log,
      cut: isCut,
      lines: lines.map(({ at, stream, text }) => ({ at: instant(at), stream, text })),
    })),
    nodeThen: {
      ...around,
      findings: [...around.findings],
      ...(component !== undefined && { component }),
      checks: around.checks.map((check) => ({ ...check, words: [...check.words] })),
      readings: [...around.readings],
      changes: changes.map(({ at, words }) => ({ at: instant(at), words })),
    },
    missing: [...missing],
  };
}

type ApiContainer = NonNullable<ApiScene['podStatus']>['containers'][number];

function presentContainer({ waiting, isRunning, ended, limits, ...container }: ContainerFacts): ApiContainer {
  const why = waiting && [waiting.reason, waiting.message].filter((part) => part !== undefined).join(': ');
  return {
    ...container,
    state: stateOf({ waiting, isRunning, ended }),
    ...(why !== undefined && { waiting: why }),
    ...(limits !== undefined && { limits: { ...limits } }),
    ...(ended !== undefined && { ended: presentEnd(ended) }),
  };
}

function stateOf({
  waiting,
  isRunning,
  ended,
}: {
  readonly waiting: ContainerFacts['waiting'];
  readonly isRunning: ContainerFacts['isRunning'];
  readonly ended: ContainerFacts['ended'];
}): ApiContainer['state'] {
  if (waiting !== undefined) return 'waiting';
  if (isRunning === true) return 'running';
  return ended === undefined ? 'unknown' : 'terminated';
}

function presentEnd({
  ranMs,
  finishedAt,
  ...ended
}: NonNullable<ContainerFacts['ended']>): NonNullable<ApiContainer['ended']> {
  return {
    ...ended,
    ...(ranMs !== undefined && { ranSeconds: seconds(ranMs) }),
    ...(finishedAt !== undefined && { finishedAt: instant(finishedAt) }),
  };
}
