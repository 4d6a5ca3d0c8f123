/** The past of a generated cluster, generated when it is asked for. */
import type { HistoryPort, SeriesPoints, SeriesQuery, TimelineQuery } from '../model/history.ts';
import type { EdgeState } from '../model/member.ts';
import type { StoredEvent, TimelineEvent } from '../model/timeline.ts';
import type { SimulatedCluster } from './cluster.ts';
import { type Fault, MINUTE_MS } from './faults.ts';
import { readingAt } from './readings.ts';

export interface SimulatedHistory extends HistoryPort {
  /** What began and ended, `from` included, `to` not; newest first. */
  events(from: number, to: number): Iterable<StoredEvent>;
}

const STEPS_MS = [10_000, 60_000, 900_000] as const;
/** A fault that lasts is at most so old. */
const LONGEST_MS = 4 * MINUTE_MS;
/** Places in the log within one minute. */
const PLACES = 8;

/** @param now Unix ms: nothing is known of the future */
export function createSimulatedHistory(cluster: SimulatedCluster, now: () => number): SimulatedHistory {
  const events = (from: number, to: number): Iterable<StoredEvent> => eventsOf(cluster, from, to);
  return {
    events,
    async series(query) {
      return { kind: 'answer', value: seriesOf(cluster, { ...query, to: Math.min(query.to, now()) }) };
    },
    async statusAt() {
      return { kind: 'unavailable', message: 'This cluster is simulated: nobody wrote down what was concluded.' };
    },
    async timeline(query) {
      return { kind: 'answer', value: newest(events(query.from, Math.min(query.to, now() + 1)), query) };
    },
  };
}

function seriesOf(cluster: SimulatedCluster, query: SeriesQuery): SeriesPoints[] {
  const place = cluster.names.indexOf(query.node);
  const check = cluster.checks.find(({ id }) => id === query.check);
  if (place === -1 || check === undefined || query.subject !== undefined) return [];
  const { stepMs, resolution } = stepFor(query);
  const first = Math.ceil(query.from / stepMs) * stepMs;
  const length = Math.max(0, Math.ceil((query.to - first) / stepMs));
  const times = Array.from({ length }, (_, index) => first + index * stepMs);
  const isDown = times.map((time) =>
    cluster.plan.at(time).some((fault) => fault.kind === 'down' && fault.place === place),
  );
  return Object.keys(check.readings)
    .filter((name) => query.reading === undefined || query.reading === name)
    .map((reading) => {
      const averages = times.map((time, index) =>
        isDown[index] === true ? null : readingAt(cluster.seed, query.node, check.id, reading, time),
      );
      const scaled = (factor: number): (number | null)[] =>
        resolution === 'raw' ? averages : averages.map((value) => (value === null ? null : value * factor));
      const key = { node: query.node, check: check.id, reading };
      return { key, resolution, stepMs, times, averages, minima: scaled(0.95), maxima: scaled(1.05) };
    });
}

/** The finest step that gives no more points than were asked for. */
function stepFor({ from, to, maxPoints }: SeriesQuery): Pick<SeriesPoints, 'stepMs' | 'resolution'> {
  const needed = (to - from) / maxPoints;
  const [raw, minute, quarter] = STEPS_MS;
  if (needed <= raw) return { stepMs: raw, resolution: 'raw' };
  if (needed <= minute) return { stepMs: minute, resolution: '1m' };
  return { stepMs: Math.ceil(needed / quarter) * quarter, resolution: '15m' };
}

function newest(events: Iterable<StoredEvent>, { limit, node, check }: TimelineQuery): StoredEvent[] {
  const found: StoredEvent[] = [];
  for (const event of events) {
    if (found.length === limit) break;
    if (node !== undefined && event.node !== node) continue;
    if (check !== undefined && (!('check' in event) || event.check !== check)) continue;
    found.push(event);
  }
  return found;
}

function* eventsOf(cluster: SimulatedCluster, from: number, to: number): Generator<StoredEvent> {
  const [oldest, latest] = [Math.floor(from / MINUTE_MS), Math.floor(to / MINUTE_MS)];
  for (let minute = latest; minute >= oldest; minute -= 1) {
    const around = Array.from({ length: LONGEST_MS / MINUTE_MS + 1 }, (_, index) => minute - index);
    const inMinute = around
      .flatMap((one) => cluster.plan.inMinute(one))
      .flatMap((fault) => [eventOf(cluster, fault, 'begin'), eventOf(cluster, fault, 'end')])
      .filter(({ at }) => Math.floor(at / MINUTE_MS) === minute)
      .sort((a, b) => a.at - b.at)
      .map((event, place): StoredEvent => ({ ...event, sequence: minute * PLACES + Math.min(place, PLACES - 1) }));
    for (const event of inMinute.toReversed()) if (event.at >= from && event.at < to) yield event;
  }
}

const CONCLUSIONS: Readonly<Partial<Record<EdgeState, { readonly reason: string; readonly words: string }>>> = {
  refused: { reason: 'AgentDown', words: 'does not run' },
  unresponsive: { reason: 'AgentUnresponsive', words: 'does not answer' },
  lost: { reason: 'NodeUnreachable', words: 'cannot be reached' },
};

function eventOf({ names }: SimulatedCluster, fault: Fault, edge: 'begin' | 'end'): TimelineEvent {
  const isBegin = edge === 'begin';
  const at = isBegin ? fault.from : fault.to;
  const name = names[fault.place] ?? '';
  const concluded = {
    kind: isBegin ? 'concluded' : 'resolved',
    at,
    node: names[0] ?? '',
    severity: 'warning',
  } as const;
  switch (fault.kind) {
    case 'problem': {
      const { check, reason, severity, message, peer } = fault;
      const subject = peer === undefined ? {} : { subject: names[peer] ?? '' };
      return { kind: isBegin ? 'raised' : 'cleared', at, node: name, check, reason, ...subject, severity, message };
    }
    case 'blind': {
      const [before, after] = isBegin ? (['ok', 'unknown'] as const) : (['unknown', 'ok'] as const);
      return { kind: 'changed', at, node: name, check: fault.check, from: before, to: after, message: fault.message };
    }
    case 'down': {
      const { reason = 'NodeUnreachable', words = 'is gone' } = CONCLUSIONS[fault.state] ?? {};
      return { ...concluded, reason, subject: name, message: `simulated: the agent on ${name} ${words}` };
    }
    case 'link': {
      const subject = `${name} ${names[fault.peer] ?? ''}`;
      return { ...concluded, reason: 'LinkDown', subject, message: `simulated: no packets between ${subject}` };
    }
    default:
      return fault satisfies never;
  }
}
