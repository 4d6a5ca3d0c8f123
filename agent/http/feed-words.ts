/** Who reads the events of the cluster, and whether they are as the API has them, in one sentence. */
import type { EventFeedState } from '../model/cluster-event.ts';
import { formatInstant } from '../model/text.ts';
import { age, listNames } from './text-values.ts';

/** @param now Unix ms */
export function feedSentence({ state, why, reader, standbys, heardAt }: EventFeedState, now: number): string {
  const because = why === undefined ? '' : `: ${why.replace(/\.$/, '')}`;
  if (state === 'none') return `There are no events, because nobody could read them here${because}.`;
  const by = reader === undefined ? '' : `, read by ${reader}`;
  const at = heardAt === undefined ? '' : ` as of ${formatInstant(heardAt, now)}`;
  if (state === 'stale') {
    const old = heardAt === undefined ? '' : ` (${age((now - heardAt) / 1000)} ago)`;
    return `Events are stale${at === '' ? '' : `, ${at.trim()}`}${old}${by}${because}.`;
  }
  const copies = standbys.length === 0 ? 'nobody keeps a copy' : `${listNames(standbys)} ${keep(standbys.length)}`;
  return `Events${at}${by}; ${copies}.`;
}

const keep = (many: number): string => (many === 1 ? 'keeps a copy' : 'keep copies');
