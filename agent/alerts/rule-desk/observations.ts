/** What rules look at, out of what happened. */
import type { ClusterEvent, EventSighting } from '../../model/cluster-event.ts';
import type { LogPlace, MatchedLines } from '../../model/log-lines.ts';
import type { TimelineEvent } from '../../model/timeline.ts';
import type { Facts, Observation } from '../rules/types.ts';

/** Facts that are not there are left out. */
const factsOf = (facts: Readonly<Record<string, string | undefined>>): Facts =>
  Object.fromEntries(Object.entries(facts).flatMap(([name, text]) => (text ? [[name, text] as const] : [])));

const objectOf = (namespace: string, name: string): string => (namespace === '' ? name : `${namespace}/${name}`);

export const observationOfEvent = ({ event, added, sinceAt }: EventSighting): Observation => ({
  source: 'events',
  at: event.at,
  count: added,
  ...apart(event, added, sinceAt),
  id: `${event.uid}/${event.count}`,
  nodes: event.node === undefined ? [] : [event.node],
  facts: factsOf({
    namespace: event.namespace,
    kind: event.kind,
    name: event.name,
    object: objectOf(event.namespace, event.name),
    reason: event.reason,
    type: event.type,
    message: event.message,
    component: event.component,
    node: event.node,
    container: event.container,
    objectUid: event.objectUid,
  }),
});

/** An Event tells its first time, its last, and how often; what was between is taken to have come evenly. */
function apart({ firstAt, at, count }: ClusterEvent, added: number, sinceAt = added === count ? firstAt : at) {
  if (added < 2 || sinceAt >= at) return {};
  // Of an Event that is counted in full the first is known.
  return { apartMs: (at - sinceAt) / (added === count ? added - 1 : added) };
}

/** Undefined for what no check says: that an agent was started, or what it concluded by itself. */
export function observationOfCheck(event: TimelineEvent): Observation | undefined {
  if (event.kind !== 'raised' && event.kind !== 'cleared' && event.kind !== 'changed') return undefined;
  const { kind, at, node, check, message } = event;
  const own =
    kind === 'changed'
      ? { status: event.to }
      : {
          status: kind === 'raised' ? 'problem' : 'ok',
          reason: event.reason,
          subject: event.subject,
          severity: event.severity,
        };
  const facts = factsOf({ change: kind, check, message, node, ...own });
  return {
    source: 'checks',
    at,
    count: 1,
    id: [node, at, kind, check, facts['reason'], facts['subject'], facts['status']].join('/'),
    nodes: [node],
    facts,
  };
}

/** Without their text, which only people with the token may read. */
export const observationOfLines = ({ at, count, ...place }: MatchedLines, node: string): Observation => ({
  source: 'logs',
  at,
  count,
  nodes: [node],
  facts: factsOfLog(place, node),
});

export const factsOfLog = ({ watch, namespace, workload, pod, container }: LogPlace, node: string): Facts =>
  factsOf({ watch, namespace, workload, name: pod, object: objectOf(namespace, pod), container, node });
