/**
 * A server that takes what Alertmanager sends to a webhook, so that the bridges to chats that there are understand it.
 * https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
import { createHmac } from 'node:crypto';
import type { Config } from '../../base/config.ts';
import { cleanText } from '../../model/text.ts';
import type { Notification } from '../types.ts';
import { type Channel, type ChannelTools, authorityOf } from './channel.ts';
import { type AlertFacts, type Words, factsOf } from './facts-of-alerts.ts';
import { outcomeOfStatus } from './outcome.ts';
import { addressFault, secretsIn } from './secret-address.ts';

type Settings = NonNullable<Config['notifications']['receivers'][number]['webhook']>;

/** Of one message; the rest is counted in `truncatedAlerts`. */
const MOST_ALERTS = 100;
/** As Go writes that there is no time yet. */
const NOT_OVER = '0001-01-01T00:00:00Z';

export function createWebhook(settings: Settings, tools: ChannelTools): Channel {
  const { secretFile, post, clock } = tools;
  const urlFile = settings.urlFile === undefined ? undefined : secretFile(settings.urlFile, addressFault);
  const secret = settings.secretFile === undefined ? undefined : secretFile(settings.secretFile, () => undefined);
  const authority = authorityOf(settings.caFile, tools);
  return {
    identity: () => `webhook ${settings.url ?? urlFile?.latest() ?? settings.urlFile ?? ''}`,
    async send(notification, signal) {
      const url = settings.url ?? (await urlFile?.read()) ?? '';
      const key = await secret?.read();
      const body = JSON.stringify(webhookBody(notification, tools, clock.now()));
      const answer = await post({
        url,
        body,
        signal,
        ...(await authority()),
        headers: {
          'x-meerkat-notification': headerOf(notification.id),
          ...(key !== undefined && { 'x-signature-256': signatureOf(body, key) }),
        },
      });
      return outcomeOfStatus(url, answer, clock.now(), [...(key === undefined ? [] : [key]), ...secretsIn(url)]);
    },
  };
}

/** `sha256=` and the HMAC of the very bytes of the body. */
export const signatureOf = (body: string, secret: string): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

const headerOf = (id: string): string => id.replaceAll(/[^\x21-\x7e]/g, '').slice(0, 200);

export function webhookBody(
  notification: Notification,
  { receiver, clusterName, template }: Pick<ChannelTools, 'receiver' | 'clusterName' | 'template'>,
  now: number,
) {
  const told = notification.alerts.slice(0, MOST_ALERTS).map((alert) => {
    const facts = factsOf(alert, notification, clusterName);
    // Whoever reads it knows best what would be harmful there.
    const summary = template?.(alert, { safe: cleanText, clusterName, now }) ?? '';
    if (summary === '') return { alert, facts };
    return { alert, facts: { ...facts, annotations: { ...facts.annotations, summary } } };
  });
  const groupLabels: Words = clusterName === '' ? {} : { cluster: clusterName };
  const group = Object.entries(groupLabels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return {
    version: '4',
    groupKey: `{}/{receiver=${JSON.stringify(receiver)}}:{${group.join(', ')}}`,
    truncatedAlerts: notification.alerts.length - told.length,
    status: notification.alerts.some(({ endedAt }) => endedAt === undefined) ? 'firing' : 'resolved',
    receiver,
    groupLabels,
    commonLabels: common(told.map(({ facts }) => facts.labels)),
    commonAnnotations: common(told.map(({ facts }) => facts.annotations)),
    externalURL: '',
    alerts: told.map(({ alert, facts }) => webhookAlert(alert.fingerprint, facts)),
  };
}

const webhookAlert = (fingerprint: string, { labels, annotations, startsAt, endsAt }: AlertFacts) => ({
  status: endsAt === undefined ? 'firing' : 'resolved',
  labels,
  annotations,
  startsAt,
  endsAt: endsAt ?? NOT_OVER,
  generatorURL: '',
  fingerprint,
});

/** What all of them say alike. */
function common([first = {}, ...others]: readonly Words[]): Words {
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((other) => other[name] === value)),
  );
}
