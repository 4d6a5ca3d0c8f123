/** Events, alerts and rules of a generated cluster. NOTHING IN IT IS REAL: every message and sentence says so. */
import type {
  ClusterEvent,
  ClusterEventsPort,
  EventFeedState,
  EventQuery,
  EventsAnswer,
  SeenEvent,
} from '../model/cluster-event.ts';
import type { RuleAlert, RuleState, RulesPort } from '../model/rule-alert.ts';
import { chance } from './chance.ts';
import type { SimulatedCluster } from './cluster.ts';
import { MINUTE_MS } from './faults.ts';

/** The Kubernetes API keeps them for an hour, Meerkat for a week. */
const KEPT_MS = 7 * 86_400_000;
const EACH_MINUTE = 2;
const WHAT = [
  ['Normal', 'Pod', 'Scheduled', 'default-scheduler', 'assigned to a node', 1],
  ['Normal', 'Pod', 'Pulled', 'kubelet', 'image is already present', 1],
  ['Warning', 'Pod', 'BackOff', 'kubelet', 'back-off restarting failed container', 12],
  ['Warning', 'Pod', 'Unhealthy', 'kubelet', 'readiness probe failed: status code 503', 9],
  ['Normal', 'Deployment', 'ScalingReplicaSet', 'deployment-controller', 'scaled up from 2 to 3', 1],
  ['Normal', 'HorizontalPodAutoscaler', 'SuccessfulRescale', 'horizontal-pod-autoscaler', 'new size: 3', 1],
  ['Warning', 'Pod', 'FailedScheduling', 'default-scheduler', 'insufficient memory on all nodes', 4],
  ['Warning', 'Node', 'ImageGCFailed', 'kubelet', 'could not free enough space', 3],
] as const;
const WORKLOADS = ['api', 'worker', 'web', 'queue'];
const NAMESPACES = ['sim-prod', 'sim-test'];

/** @param now Unix ms: nothing is known of the future */
export function createSimulatedEvents(cluster: SimulatedCluster, now: () => number): ClusterEventsPort {
  const feed = (): EventFeedState => ({
    state: 'current',
    reader: cluster.names[1] ?? cluster.names[0] ?? '',
    standbys: cluster.names.slice(2, 3),
    heardAt: now() - 1000,
  });
  const answer = <One>(query: EventQuery, present: (event: SeenEvent) => One): EventsAnswer<One> => {
    const found: One[] = [];
    for (const event of newest(cluster, query.from, Math.min(query.to, now() + 1))) {
      if (!fits(event, query)) continue;
      if (found.length === query.limit)
        return { events: found, isCut: true, from: cluster.names.slice(1, 2), feed: feed() };
      found.push(present(event));
    }
    return { events: found, isCut: false, from: cluster.names.slice(1, 2), feed: feed() };
  };
  return {
    feed,
    events: async (query) => answer(query, (event) => event),
    sightings: async (query) => answer(query, ({ occurrences: added, ...event }) => ({ event, added })),
  };
}

function* newest(cluster: SimulatedCluster, from: number, to: number): Generator<SeenEvent> {
  const first = Math.max(from, to - KEPT_MS);
  for (let minute = Math.floor(to / MINUTE_MS); minute >= Math.floor(first / MINUTE_MS); minute -= 1) {
    const events = Array.from({ length: EACH_MINUTE }, (_, index) => eventFor(cluster, minute, index));
    const ordered = [...nodesLost(cluster, minute), ...events].toSorted((a, b) => b.at - a.at);
    for (const event of ordered) if (event.at >= first && event.at < to) yield event;
  }
}

function eventFor({ names, seed }: SimulatedCluster, minute: number, index: number): SeenEvent {
  const roll = (what: string): number => chance(seed, 'event', minute, index, what);
  const of = <Item>(items: readonly Item[], what: string): Item | undefined =>
    items[Math.floor(roll(what) * items.length)];
  const [type, kind, reason, component, message, most] = of(WHAT, 'what') ?? WHAT[0];
  const node = of(names, 'node') ?? '';
  const workload = of(WORKLOADS, 'workload') ?? '';
  const uid = `simulated-${minute}-${index}`;
  const count = 1 + Math.floor(roll('count') * most);
  const at = minute * MINUTE_MS + Math.floor(roll('at') * MINUTE_MS);
  return {
    uid,
    type,
    reason,
    message: `simulated: ${message}`,
    kind,
    namespace: kind === 'Node' ? '' : (of(NAMESPACES, 'namespace') ?? ''),
    name: kind === 'Node' ? node : kind === 'Pod' ? `${workload}-${Math.floor(roll('pod') * 9)}` : workload,
    objectUid: `${uid}-object`,
    ...(reason === 'BackOff' && { container: 'main' }),
    component,
    ...(component === 'kubelet' && { node }),
    firstAt: at - (count - 1) * MINUTE_MS,
    at,
    count,
    occurrences: count,
  };
}

/** As the node controller tells of nodes whose kubelet is gone. */
const nodesLost = ({ names, plan }: SimulatedCluster, minute: number): SeenEvent[] =>
  plan
    .inMinute(minute)
    .filter(({ kind }) => kind === 'down')
    .map(({ place, from }) => ({
      uid: `simulated-${minute}-lost-${place}`,
      type: 'Normal',
      reason: 'NodeNotReady',
      message: `simulated: Node ${names[place]} status is now: NodeNotReady`,
      kind: 'Node',
      namespace: '',
      name: names[place] ?? '',
      objectUid: '',
      component: 'node-controller',
      node: names[place] ?? '',
      firstAt: from,
      at: from,
      count: 1,
      occurrences: 1,
    }));

const fits = (event: ClusterEvent, query: EventQuery): boolean =>
  (['type', 'reason', 'kind', 'namespace', 'name', 'objectUid', 'node'] as const).every(
    (field) => query[field] === undefined || event[field] === query[field],
  );

const BUILT_IN = { severity: 'warning', state: 'ok', firing: 0, place: 'simulated' } as const;
/** Alerts end so long after what they are about. */
const ENDS_AFTER_MS = 5 * MINUTE_MS;
const OVER_FOR_MS = 15 * MINUTE_MS;

/** One rule on Nodes that fires as the nodes are lost, one on pods, and one that cannot be judged. */
export function createSimulatedRules(cluster: SimulatedCluster, now: () => number): RulesPort {
  const judge = cluster.names[1] ?? cluster.names[0] ?? '';
  const alerts = (): readonly RuleAlert[] => {
    const at = now();
    const events = [...newest(cluster, at - OVER_FOR_MS, at + 1)].filter(({ type, kind, count }) =>
      kind === 'Node' ? true : type === 'Warning' && count >= 5,
    );
    return events.map((event) => alertOf(event, at, judge));
  };
  const rules = (): readonly RuleState[] => {
    const firing = alerts().filter(({ endedAt }) => endedAt === undefined);
    const of = (name: string): Pick<RuleState, 'state' | 'firing'> => {
      const many = firing.filter(({ rule }) => rule === name).length;
      return { state: many === 0 ? 'ok' : 'firing', firing: many };
    };
    return [
      { ...BUILT_IN, name: 'sim-node-events', type: 'any', source: 'events', judge, ...of('sim-node-events') },
      { ...BUILT_IN, name: 'sim-warnings', type: 'frequency', source: 'events', judge, ...of('sim-warnings') },
      { ...BUILT_IN, name: 'sim-worker-quiet', type: 'flatline', source: 'logs', ...BLIND },
    ];
  };
  return { alerts, rules, file: () => undefined };
}

const BLIND = { state: 'unknown', why: 'simulated: no container of sim-prod/worker runs anywhere' } as const;

function alertOf(event: SeenEvent, now: number, by: string): RuleAlert {
  const { kind, namespace, name, reason, count, at, node } = event;
  const key = namespace === '' ? name : `${namespace}/${name}`;
  const isOver = now - at > ENDS_AFTER_MS;
  return {
    fingerprint: event.uid,
    rule: kind === 'Node' ? 'sim-node-events' : 'sim-warnings',
    key,
    severity: 'warning',
    sentence: `simulated: ${kind} ${key}: ${reason}${count > 1 ? `, ${count} times` : ''}`,
    facts: { reason, kind, count: String(count) },
    nodes: node === undefined ? [] : [node],
    since: event.firstAt,
    lastAt: at,
    ...(isOver && { endedAt: at + ENDS_AFTER_MS }),
    round: count > 8 ? 2 : 1,
    receivers: [],
    by,
    isCurrent: true,
  };
}
