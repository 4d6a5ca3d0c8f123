/** What this agent told receivers, as metrics. */
import type { NotificationsState } from '../model/notifications.ts';
import type { MetricSample } from './exposition.ts';
import { sample } from './metric-samples.ts';
import { METRICS } from './metric-table.ts';

/** @param state undefined: nobody is told of anything */
export function notificationSamples(state: NotificationsState | undefined): MetricSample[] {
  if (state === undefined) return [];
  return [
    ...state.receivers.flatMap(({ name: receiver, counts, waiting, failingSince }) => [
      ...(['sent', 'failed', 'refused'] as const).map((result) =>
        sample(METRICS.notificationSends, counts[result], { receiver, result }),
      ),
      sample(METRICS.notificationsWaiting, waiting, { receiver }),
      sample(METRICS.notificationsFailing, failingSince === undefined ? 0 : 1, { receiver }),
    ]),
    sample(METRICS.notificationDuplicates, state.duplicates),
    sample(METRICS.notificationsSilenced, state.silenced.length),
  ];
}
