/** Why a pod is not ready, and whether that is a fault at all. */
import type { ContainerFacts, PodFacts } from '../../types.ts';
import { endWords } from './ended.ts';

/** As the kubelet names those that are not ready, `ContainersNotReady: containers with unready status: [app side]`. */
const UNREADY = /unready status: \[([^\]]*)\]/;

const hasFailed = ({ hasEnded, ended }: ContainerFacts): boolean => hasEnded === true && ended?.exitCode !== 0;

/**
 * A container that did its work and is not to be started again makes its pod not ready, as the first of two of a Job to end: the
 * pod goes on, and nothing is wrong with it.
 */
export function isUnready({ isReady, because, containers }: PodFacts): boolean {
  if (isReady) return false;
  const names = UNREADY.exec(because ?? '')?.[1]?.split(/[\s,]+/) ?? [];
  const isDone = (name: string): boolean =>
    containers.some((one) => one.name === name && one.hasEnded === true && one.ended?.exitCode === 0);
  return names.length === 0 || !names.every(isDone);
}

export function whyUnready({ phase, because, containers }: PodFacts): string {
  const waiting = containers.find((one) => one.waiting !== undefined);
  if (waiting?.waiting !== undefined) {
    const { reason, message } = waiting.waiting;
    return `container ${waiting.name} waits, ${reason}${message === undefined ? '' : `: ${message}`}`;
  }
  const failed = containers.find(hasFailed);
  if (failed?.ended !== undefined) return `container ${failed.name} has ended, ${endWords(failed.ended)}`;
  return (
    because ??
    (phase === 'Running'
      ? 'no reason is given, as where the control plane does not hear the kubelet'
      : `it is ${phase}`)
  );
}
