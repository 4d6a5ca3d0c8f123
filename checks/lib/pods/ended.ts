/** How a container ended, and what that says of why it is restarted again and again. */
import type { ContainerFacts } from '../../types.ts';
import { span } from '../figures.ts';

/**
 * After what Supervisor makes of its programs (http://supervisord.org/subprocess.html#process-states), with the back-off of
 * the kubelet in the place of its own:
 *
 * - `start`: it ended before it can be said to have run, with whatever code: BACKOFF there
 * - `memory`: the kernel ended it
 * - `done`: it ended by itself and well; whoever wants it to run for ever started what does not: an expected EXITED
 * - `crash`: it ran, and ended otherwise: an unexpected EXITED
 */
export type EndKind = 'start' | 'memory' | 'done' | 'crash';

/** A shorter life is none. Supervisor's `startsecs` is 1 s, for which no container is made. */
export const START_MS = 10_000;

export function endKindOf({ exitCode, reason, ranMs }: NonNullable<ContainerFacts['ended']>): EndKind {
  if (reason === 'OOMKilled') return 'memory';
  if (ranMs !== undefined && ranMs < START_MS) return 'start';
  return exitCode === 0 ? 'done' : 'crash';
}

const MEANING: Readonly<Record<EndKind, string>> = {
  start: ': it does not get as far as to run',
  memory: '',
  done: ': it ends by itself, and is started again',
  crash: '',
};

/** `last with exit code 1 (Error) after 3 s: it does not get as far as to run` */
export function endWords(ended: NonNullable<ContainerFacts['ended']>): string {
  const { exitCode, reason, ranMs } = ended;
  const name = reason === undefined ? '' : ` (${reason})`;
  const after = ranMs === undefined ? '' : ` after ${span(ranMs)}`;
  return `last with exit code ${exitCode}${name}${after}${MEANING[endKindOf(ended)]}`;
}
