/** What Meerkat takes from a Pod. Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ */
import type { ContainerEnd, ContainerFacts, PodCondition, PodFacts } from '../../../checks/types.ts';
import { cleanText } from '../../model/text.ts';
import { fieldsOf, listOf, metadataOf, textOf } from './fields.ts';

/** The API bounds neither. */
const MAX_CONTAINERS = 64;
const MAX_CONDITIONS = 16;
const MAX_LIMITS = 8;
/** A kubelet writes at most 4 KiB. */
const MAX_END_MESSAGE = 1024;
/** https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-config-hash */
const CONFIG_HASH = 'kubernetes.io/config.hash';
const PHASES = ['Pending', 'Running', 'Succeeded', 'Failed'] as const;

/** Undefined for what is no Pod. */
export function readPod(object: unknown): PodFacts | undefined {
  const { name, uid } = metadataOf(object);
  const { metadata, spec, status } = fieldsOf(object);
  const { namespace, deletionTimestamp, annotations } = fieldsOf(metadata);
  const { phase, conditions, initContainerStatuses, containerStatuses } = fieldsOf(status);
  if (name === undefined || uid === undefined || typeof namespace !== 'string') return undefined;
  const ready = listOf(conditions)
    .map(fieldsOf)
    .find(({ type }) => type === 'Ready');
  const changedAt = Date.parse(textOf(ready?.['lastTransitionTime']) ?? '');
  const because = wordsOf(ready?.['reason'], ready?.['message']);
  const configHash = textOf(fieldsOf(annotations)[CONFIG_HASH]);
  const all = listOf(conditions)
    .slice(0, MAX_CONDITIONS)
    .flatMap((one) => readCondition(one) ?? []);
  const limits = limitsOf(spec);
  return {
    namespace,
    name,
    uid,
    ...(configHash !== undefined && { configHash }),
    phase: PHASES.find((known) => known === phase) ?? 'Unknown',
    isDeleting: deletionTimestamp !== undefined && deletionTimestamp !== null,
    isReady: ready?.['status'] === 'True',
    ...(Number.isFinite(changedAt) && { readySince: changedAt }),
    ...(because !== undefined && { because }),
    ...(all.length > 0 && { conditions: all }),
    containers: [...listOf(initContainerStatuses), ...listOf(containerStatuses)]
      .slice(0, MAX_CONTAINERS)
      .flatMap((one) => readContainer(one, limits) ?? []),
  };
}

function readCondition(condition: unknown): PodCondition | undefined {
  const { type, status, lastTransitionTime, reason, message } = fieldsOf(condition);
  const [name, value] = [textOf(type), textOf(status)];
  if (name === undefined || value === undefined) return undefined;
  const since = Date.parse(textOf(lastTransitionTime) ?? '');
  const because = wordsOf(reason, message);
  return {
    type: cleanText(name, 64),
    status: cleanText(value, 16),
    ...(Number.isFinite(since) && { since }),
    ...(because !== undefined && { because }),
  };
}

type Limits = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** By the name of the container. */
function limitsOf(spec: unknown): Limits {
  const { initContainers, containers } = fieldsOf(spec);
  const all = [...listOf(initContainers), ...listOf(containers)].slice(0, MAX_CONTAINERS).flatMap((one) => {
    const { name, resources } = fieldsOf(one);
    const given = Object.entries(fieldsOf(fieldsOf(resources)['limits'])).slice(0, MAX_LIMITS);
    const limits = given.map(([key, value]) => [cleanText(key, 64), cleanText(String(value), 32)] as const);
    const container = textOf(name);
    return container === undefined || limits.length === 0 ? [] : [[container, Object.fromEntries(limits)] as const];
  });
  return new Map(all);
}

function readContainer(status: unknown, limits: Limits): ContainerFacts | undefined {
  const { name, restartCount, state, lastState, image, imageID } = fieldsOf(status);
  const container = textOf(name);
  if (container === undefined) return undefined;
  const { reason, message } = fieldsOf(fieldsOf(state)['waiting']);
  const waiting = textOf(reason);
  const why = wordsOf(undefined, message);
  const endedNow = endOf(fieldsOf(state)['terminated']);
  const ended = endedNow ?? endOf(fieldsOf(lastState)['terminated']);
  const isRunning = typeof fieldsOf(state)['running'] === 'object';
  const [imageName, imageId, bounds] = [textOf(image), textOf(imageID), limits.get(container)];
  return {
    name: container,
    restarts: typeof restartCount === 'number' && restartCount > 0 ? restartCount : 0,
    ...(waiting !== undefined && { waiting: { reason: waiting, ...(why !== undefined && { message: why }) } }),
    ...(endedNow !== undefined && { hasEnded: true as const }),
    ...(isRunning && { isRunning }),
    ...(ended !== undefined && { ended }),
    ...(imageName !== undefined && { image: cleanText(imageName) }),
    ...(imageId !== undefined && { imageId: cleanText(imageId) }),
    ...(bounds !== undefined && { limits: bounds }),
  };
}

function endOf(terminated: unknown): ContainerEnd | undefined {
  const { exitCode, signal, reason, message, startedAt, finishedAt } = fieldsOf(terminated);
  if (typeof exitCode !== 'number') return undefined;
  const word = textOf(reason);
  const [from, to] = [startedAt, finishedAt].map((time) => Date.parse(textOf(time) ?? ''));
  // A container that never ran has the zero of Go's time in both.
  const ranMs = from !== undefined && to !== undefined && from > 0 ? to - from : Number.NaN;
  const left = textOf(message);
  return {
    exitCode,
    ...(typeof signal === 'number' && signal > 0 && { signal }),
    ...(word !== undefined && { reason: word }),
    ...(left !== undefined && { message: cleanText(left, MAX_END_MESSAGE) }),
    ...(ranMs >= 0 && { ranMs }),
    ...(to !== undefined && to > 0 && { finishedAt: to }),
  };
}

/** `ContainersNotReady: containers with unready status: [app]`. */
function wordsOf(reason: unknown, message: unknown): string | undefined {
  const words = [textOf(reason), textOf(message)].filter((one) => one !== undefined).join(': ');
  return words === '' ? undefined : cleanText(words);
}
