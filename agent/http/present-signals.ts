/** What others say of workloads. */
import type { Signal } from '../model/signal.ts';
import type { ApiSignals } from './contract/workloads.ts';
import { toInstant } from './units.ts';

export const presentSignals = (signals: readonly Signal[]): ApiSignals => ({
  signals: signals.map(
    ({ namespace, workload, container, name, message, source, state, since, saidAt, until, by }) => ({
      namespace,
      workload,
      ...(container !== '' && { container }),
      name,
      ...(message !== '' && { message }),
      source,
      state,
      since: toInstant(since),
      said: toInstant(saidAt),
      until: toInstant(until),
      by,
    }),
  ),
});
