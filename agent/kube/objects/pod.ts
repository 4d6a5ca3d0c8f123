/** What Meerkat takes from a Pod. Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ */
import type { ContainerFacts, PodFacts } from '../../../checks/types.ts';
import { cleanText } from '../../model/text.ts';
import { fieldsOf, listOf, metadataOf, textOf } from './fields.ts';

/** The API bounds neither. */
const MAX_CONTAINERS = 64;
const PHASES = ['Pending', 'Running', 'Succeeded', 'Failed'] as const;

/** Undefined for what is no Pod. */
export function readPod(object: unknown): PodFacts | undefined {
  const { name, uid } = metadataOf(object);
  const { metadata, status } = fieldsOf(object);
  const { namespace, deletionTimestamp } = fieldsOf(metadata);
  const { phase, conditions, initContainerStatuses, containerStatuses } = fieldsOf(status);
  if (name === undefined || uid === undefined || typeof namespace !== 'string') return undefined;
  const ready = listOf(conditions)
    .map(fieldsOf)
    .find(({ type }) => type === 'Ready');
  const changedAt = Date.parse(textOf(ready?.['lastTransitionTime']) ?? '');
  const because = wordsOf(ready?.['reason'], ready?.['message']);
  return {
    namespace,
    name,
    uid,
    phase: PHASES.find((known) => known === phase) ?? 'Unknown',
    isDeleting: deletionTimestamp !== undefined && deletionTimestamp !== null,
    isReady: ready?.['status'] === 'True',
    ...(Number.isFinite(changedAt) && { readySince: changedAt }),
    ...(because !== undefined && { because }),
    containers: [...listOf(initContainerStatuses), ...listOf(containerStatuses)]
      .slice(0, MAX_CONTAINERS)
      .flatMap((one) => readContainer(one) ?? []),
  };
}

function readContainer(status: unknown): ContainerFacts | undefined {
  const { name, restartCount, state, lastState } = fieldsOf(status);
  const container = textOf(name);
  if (container === undefined) return undefined;
  const { reason, message } = fieldsOf(fieldsOf(state)['waiting']);
  const waiting = textOf(reason);
  const why = wordsOf(undefined, message);
  const endedNow = endOf(fieldsOf(state)['terminated']);
  const ended = endedNow ?? endOf(fieldsOf(lastState)['terminated']);
  return {
    name: container,
    restarts: typeof restartCount === 'number' && restartCount > 0 ? restartCount : 0,
    ...(waiting !== undefined && { waiting: { reason: waiting, ...(why !== undefined && { message: why }) } }),
    ...(endedNow !== undefined && { hasEnded: true as const }),
    ...(ended !== undefined && { ended }),
  };
}

function endOf(terminated: unknown): ContainerFacts['ended'] {
  const { exitCode, reason, startedAt, finishedAt } = fieldsOf(terminated);
  if (typeof exitCode !== 'number') return undefined;
  const word = textOf(reason);
  const [from, to] = [startedAt, finishedAt].map((time) => Date.parse(textOf(time) ?? ''));
  // A container that never ran has the zero of Go's time in both.
  const ranMs = from !== undefined && to !== undefined && from > 0 ? to - from : Number.NaN;
  return { exitCode, ...(word !== undefined && { reason: word }), ...(ranMs >= 0 && { ranMs }) };
}

/** `ContainersNotReady: containers with unready status: [app]`. */
function wordsOf(reason: unknown, message: unknown): string | undefined {
  const words = [textOf(reason), textOf(message)].filter((one) => one !== undefined).join(': ');
  return words === '' ? undefined : cleanText(words);
}
