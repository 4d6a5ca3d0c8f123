/** What rules look at, out of what happened. */
import type { EventSighting } from '../../model/cluster-event.ts';
import type { LogPlace, MatchedLines } from '../../model/log-lines.ts';
import type { TimelineEvent } from '../../model/timeline.ts';
import type { Facts, Observation } from '../rules/types.ts';

/** Facts that are not there are left out. */
const factsOf = (facts: Readonly<Record<string, string | undefined>>): Facts =>
  Object.fromEntries(Object.entries(facts).flatMap(([name, text]) => (text ? [[name, text] as const] : [])));

const objectOf = (namespace: string, name: string): string => (namespace === '' ? name : `${namespace}/${name}`);

export const observationOfEvent = ({ event, added }: EventSighting): Observation => ({
  source: 'events',
  at: event.at,
  count: added,
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
