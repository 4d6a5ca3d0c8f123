/** Events of the cluster as text. */
import { formatInstant } from '../model/text.ts';
import type { ApiClusterEvent, ApiClusterEvents, ApiEventSightings } from './contract/events.ts';
import { renderTable } from './table.ts';
import { age, end } from './text-values.ts';

/** Oldest first, so that the latest is next to the prompt; the last line says who reads them, as of when. */
export function renderEvents(answer: ApiClusterEvents): string {
  const now = Date.parse(answer.asked);
  const rows = answer.events
    .toReversed()
    .map((event) => [agoOf(event.at, now), event.type, event.reason, objectOf(event), timesOf(event), event.message]);
  return end([...tableOf(['AGO', 'TYPE', 'REASON', 'OBJECT', 'COUNT', 'MESSAGE'], rows), ...notesOf(answer, rows)]);
}

/** The same, each time that more was seen of one. */
export function renderSightings(answer: ApiEventSightings): string {
  const now = Date.parse(answer.asked);
  const rows = answer.sightings
    .toReversed()
    .map((one) => [
      formatInstant(Date.parse(one.at), now),
      one.type,
      one.reason,
      objectOf(one),
      `+${one.added}`,
      one.message,
    ]);
  return end([...tableOf(['SEEN', 'TYPE', 'REASON', 'OBJECT', 'MORE', 'MESSAGE'], rows), ...notesOf(answer, rows)]);
}

/** Newest things happen on machines whose clocks are ahead. */
const agoOf = (at: string, now: number): string => age(Math.max(0, now - Date.parse(at)) / 1000);

/** `Pod prod/api-7d9f (app)` */
const objectOf = ({
  kind,
  namespace,
  name,
  container,
}: Pick<ApiClusterEvent, 'kind' | 'namespace' | 'name' | 'container'>): string =>
  `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}${container === undefined ? '' : ` (${container})`}`;

/** How often within the time, and in all where that is more: `×3 of 393`. */
const timesOf = ({ occurrences, count }: ApiClusterEvent): string =>
  `×${occurrences}${count > occurrences ? ` of ${count}` : ''}`;

const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  rows.length === 0 ? [] : [...renderTable([head, ...rows]), ''];

/** What the list does not tell. That it is empty says something only where somebody looked for all of the time. */
function notesOf(
  { asked, since, until, cut, missing, feed }: Omit<ApiClusterEvents, 'events'>,
  rows: readonly unknown[],
): string[] {
  const now = Date.parse(asked);
  const time = `from ${formatInstant(Date.parse(since), now)} to ${formatInstant(Date.parse(until), now)}`;
  const isSure = feed.state === 'current' && missing === undefined;
  const none = isSure
    ? `No such event was seen ${time}.`
    : `No such event is known ${time}, which does not mean that there was none.`;
  return [
    ...(rows.length === 0 ? [none] : []),
    ...(cut
      ? [`There are more: these are the latest ${rows.length}. Ask for less, or raise the limit (1000 at most).`]
      : []),
    ...(missing === undefined || missing === feed.why ? [] : [`This may not be all: ${missing.replace(/\.$/, '')}.`]),
    feed.sentence,
  ];
}
