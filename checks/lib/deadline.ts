/** Waiting that ends. */
import { clearTimeout, setTimeout } from 'node:timers';
import { systemError } from './system-error.ts';

/**
 * What `work` yields, or ETIMEDOUT when the run's deadline comes first: an access to a dead disk never comes back, and
 * a check that says which one it was is worth more than a run that is given up.
 */
export async function beforeDeadline<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: deadline, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(systemError('ETIMEDOUT', 'no answer in time'));
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** What `work` yields, or undefined when it has not after `ms`; it goes on all the same. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
