/** Who is told what, and what is silenced, as text. */
import { formatInstant } from '../model/text.ts';
import type { ApiNotifications, ApiSilence, ApiSilences } from './contract/notifications.ts';
import { renderTable } from './table.ts';
import { age, end } from './text-values.ts';

export function renderNotifications(all: ApiNotifications, now: number): string {
  const { node, paused, receivers, told, silenced, silences } = all;
  if (receivers.length === 0)
    return 'Nobody is told of anything: no receiver is configured (notifications.receivers).\n';
  const when = (instant: string | undefined): string => (instant === undefined ? '-' : agoOf(instant, now));
  const lines = receivers.map((one) => [
    one.name,
    one.kind,
    one.sender ?? '-',
    String(one.waiting),
    when(one.sentAt),
    one.failure === undefined ? '-' : `${agoOf(one.failure.at, now)}: ${one.failure.why}`,
  ]);
  const parts = [
    paused === undefined ? '' : `${node} tells nobody anything now: ${paused}.\n`,
    end(renderTable([['RECEIVER', 'KIND', 'FIRST', 'WAITING', 'SENT', 'FAILED'], ...lines])),
    toldOf(told, now),
    silenced.length === 0
      ? ''
      : `Silenced now: ${silenced.map(({ reason, nodes }) => [reason, ...nodes].join(' ')).join('; ')}.\n`,
    silences.length === 0 ? '' : renderSilences({ silences }, now),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function toldOf(told: ApiNotifications['told'], now: number): string {
  if (told.length === 0) return 'Nothing was told lately.\n';
  const rows = told.map((one) => [
    agoOf(one.at, now),
    one.receiver,
    one.state,
    one.reason === undefined ? one.fingerprint : [one.reason, ...(one.nodes ?? [])].join(' '),
    one.severity,
    one.by,
  ]);
  return end(renderTable([['TOLD', 'RECEIVER', 'STATE', 'WHAT', 'SEVERITY', 'BY'], ...rows]));
}

export function renderSilences({ silences }: ApiSilences, now: number): string {
  if (silences.length === 0) return 'Nothing is silenced.\n';
  const rows = silences.map((one) => [
    one.id,
    silenceWords(one),
    formatInstant(Date.parse(one.until), now),
    age((Date.parse(one.until) - now) / 1000),
    one.by,
    one.comment,
  ]);
  return end(renderTable([['SILENCE', 'WHAT', 'UNTIL', 'LEFT', 'BY', 'COMMENT'], ...rows]));
}

/** `DiskAlmostFull on n3`, `everything on n3` */
export const silenceWords = ({ reason = 'everything', node }: Pick<ApiSilence, 'reason' | 'node'>): string =>
  node === undefined ? reason : `${reason} on ${node}`;

const agoOf = (instant: string, now: number): string => `${age((now - Date.parse(instant)) / 1000)} ago`;
