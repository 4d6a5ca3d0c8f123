/** Events of the cluster, alerts and rules, as their ports tell them, for tests. */
import type {
  ClusterEvent,
  ClusterEventsPort,
  EventFeedState,
  EventQuery,
  EventSighting,
  SeenEvent,
} from '../../agent/model/cluster-event.ts';
import type { RuleAlert, RuleState, RulesFileState, RulesPort } from '../../agent/model/rule-alert.ts';
import { NOON } from './fixtures.ts';

export const aClusterEvent = (overrides: Partial<SeenEvent> = {}): SeenEvent => ({
  uid: 'e-1',
  type: 'Warning',
  reason: 'BackOff',
  message: 'Back-off restarting failed container app in pod api-7d9f_prod',
  kind: 'Pod',
  namespace: 'prod',
  name: 'api-7d9f',
  objectUid: 'p-1',
  container: 'app',
  component: 'kubelet',
  node: 'node-b',
  firstAt: NOON - 900_000,
  at: NOON - 125_000,
  count: 7,
  occurrences: 7,
  ...overrides,
});

export const aFeed = (overrides: Partial<EventFeedState> = {}): EventFeedState => ({
  state: 'current',
  reader: 'node-a',
  standbys: ['node-b'],
  heardAt: NOON - 2000,
  ...overrides,
});

/** Answers with those of the events that fit. */
export function fakeEvents(
  events: readonly SeenEvent[] = [aClusterEvent()],
  feed: EventFeedState = aFeed(),
  more: { readonly missing?: string } = {},
): ClusterEventsPort {
  const answer = <One extends SeenEvent | EventSighting>(
    query: EventQuery,
    all: readonly One[],
    of: (one: One) => ClusterEvent,
  ) => {
    const fitting = all.filter((one) => fits(of(one), query)).toSorted((a, b) => of(b).at - of(a).at);
    const from = feed.reader === undefined ? [] : [feed.reader];
    return Promise.resolve({
      events: fitting.slice(0, query.limit),
      isCut: fitting.length > query.limit,
      from,
      feed,
      ...more,
    });
  };
  return {
    feed: () => feed,
    events: (query) => answer(query, events, (one) => one),
    sightings: (query) =>
      answer(
        query,
        events.map(({ occurrences, ...event }) => ({ event, added: occurrences })),
        ({ event }) => event,
      ),
  };
}

const fits = (event: ClusterEvent, query: EventQuery): boolean =>
  event.at >= query.from &&
  event.at < query.to &&
  (['type', 'reason', 'kind', 'namespace', 'name', 'objectUid', 'node'] as const).every(
    (field) => query[field] === undefined || event[field] === query[field],
  );

export const aRuleAlert = (overrides: Partial<RuleAlert> = {}): RuleAlert => ({
  fingerprint: '0123456789abcdef',
  rule: 'warning-events',
  key: 'prod/api-7d9f',
  severity: 'warning',
  sentence: 'Pod prod/api-7d9f: BackOff 7 times within 5 min',
  facts: { reason: 'BackOff', kind: 'Pod', count: '7' },
  nodes: ['node-b'],
  since: NOON - 600_000,
  lastAt: NOON - 125_000,
  round: 2,
  receivers: [],
  by: 'node-a',
  isCurrent: true,
  ...overrides,
});

export const aRuleState = (overrides: Partial<RuleState> = {}): RuleState => ({
  name: 'warning-events',
  type: 'frequency',
  source: 'events',
  severity: 'warning',
  state: 'firing',
  firing: 1,
  place: '/etc/meerkat/rules.yaml line 3',
  judge: 'node-a',
  ...overrides,
});

export const fakeRules = (
  alerts: readonly RuleAlert[] = [aRuleAlert()],
  rules: readonly RuleState[] = [aRuleState()],
  file?: RulesFileState,
): RulesPort => ({ alerts: () => alerts, rules: () => rules, file: () => file });
