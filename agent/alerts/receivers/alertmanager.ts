/**
 * Alertmanager itself, which merges what all agents tell it: alerts are the same where their labels are. It takes one for
 * over that it has not heard of again, so what fires is told again before `endsAt`.
 * https://prometheus.io/docs/alerting/latest/clients/
 */
import type { Config } from '../../base/config.ts';
import type { Notification, SendOutcome } from '../types.ts';
import { type Channel, type ChannelTools, authorityOf } from './channel.ts';
import { factsOf, instant } from './facts-of-alerts.ts';
import { outcomeOfStatus } from './outcome.ts';

type Settings = NonNullable<Config['notifications']['receivers'][number]['alertmanager']>;

/** What fires is over after so long, unless it is told again: a minute apart, three may be lost. */
const FIRES_FOR_MS = 4 * 60_000;

export function createAlertmanager(settings: Settings, tools: ChannelTools): Channel {
  const { post, clock, clusterName } = tools;
  const urls = [...(settings.urls ?? [settings.url ?? ''])].map((url) => url.replace(/\/+$/, ''));
  const authority = authorityOf(settings.caFile, tools);
  return {
    identity: () => `alertmanager ${urls.toSorted().join(' ')}`,
    async send(notification, signal) {
      const now = clock.now();
      const body = JSON.stringify(postedAlerts(notification, clusterName, now));
      const ca = await authority();
      const outcomes = await Promise.all(
        urls.map(async (url) => {
          const answer = await post({ url: `${url}/api/v2/alerts`, body, headers: {}, signal, ...ca });
          return outcomeOfStatus(url, answer, now);
        }),
      );
      return together(outcomes);
    },
  };
}

export const postedAlerts = (notification: Notification, clusterName: string, now: number) =>
  notification.alerts.map((alert) => {
    const { endsAt = instant(now + FIRES_FOR_MS), ...facts } = factsOf(alert, notification, clusterName);
    return { ...facts, endsAt };
  });

/** Those of a cluster tell each other: one that has it is enough, and one that may take it later is hope. */
function together(outcomes: readonly SendOutcome[]): SendOutcome {
  const pick = (kind: SendOutcome['kind']): SendOutcome | undefined => outcomes.find((one) => one.kind === kind);
  return pick('sent') ?? pick('failed') ?? pick('refused') ?? { kind: 'refused', why: 'no address is given' };
}
