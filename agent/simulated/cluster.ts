/** A generated cluster, as one of its nodes would know it. NOTHING IN IT IS REAL. */
import type { AnyCheck } from '../../checks/types.ts';
import type { ClusterState, NodeState } from '../model/cluster-state.ts';
import { CONTROL_PLANE_PARTS } from '../model/control-plane.ts';
import type { Edge, EdgeState, Member, MemberState } from '../model/member.ts';
import type { CheckResult, NodePlace, NodeReport } from '../model/report.ts';
import type { StoreHealth } from '../model/store-health.ts';
import { statedEdges } from '../model/stated-edges.ts';
import { chance } from './chance.ts';
import { type Fault, type FaultPlan, createFaultPlan } from './faults.ts';
import { readingAt } from './readings.ts';

export interface SimulatedCluster {
  readonly names: readonly string[];
  readonly plan: FaultPlan;
  readonly seed: number;
  readonly checks: readonly AnyCheck[];
  /** @param now Unix ms */
  state(now: number): ClusterState;
}

export interface SimulatedClusterOptions {
  readonly count: number;
  /** The same seed and the same time give the same cluster. */
  readonly seed: number;
  readonly version: string;
  /** Unix ms at which the monotonic clock read 0. */
  readonly originMs: number;
}

const MASTERS = 3;
const ZONES = ['sim-a', 'sim-b', 'sim-c'];
/** Small clusters watch each other fully, large ones have so many neighbours on each side. */
const FULL = 16;
const REACH = 4;
/** How old a report may be before there is a new one; its own node knows at once. */
const REPORT_EVERY_MS = 10_000;
const OWN_EVERY_MS = 1000;
const DAY_MS = 86_400_000;

/** Every name says what it is. */
export function simulatedNames(count: number): readonly string[] {
  const digits = String(Math.max(1, count - MASTERS)).length;
  return Array.from({ length: count }, (_, place) =>
    place < MASTERS ? `sim-m${place + 1}` : `sim-w${String(place + 1 - MASTERS).padStart(digits, '0')}`,
  );
}

export function createSimulatedCluster(
  options: SimulatedClusterOptions,
  checks: readonly AnyCheck[],
): SimulatedCluster {
  return new GeneratedCluster(options, checks);
}

/** All that one node says, as long as these faults last. */
interface Sayings {
  readonly faults: string;
  readonly report: NodeReport;
  readonly edges: readonly Edge[];
}

class GeneratedCluster implements SimulatedCluster {
  readonly names: readonly string[];
  readonly plan: FaultPlan;
  readonly seed: number;
  readonly checks: readonly AnyCheck[];
  readonly #options: SimulatedClusterOptions;
  readonly #alive: readonly Member[];
  readonly #said: (Sayings | undefined)[] = [];
  #now = 0;

  constructor(options: SimulatedClusterOptions, checks: readonly AnyCheck[]) {
    const { count, seed } = options;
    this.#options = options;
    this.seed = seed;
    this.checks = checks;
    this.names = simulatedNames(count);
    this.plan = createFaultPlan({ seed, count, masters: MASTERS }, checks);
    this.#alive = this.names.map((name, place) => ({
      name,
      state: 'alive',
      sinceMs: this.#startedAt(place) - options.originMs,
      judged: true,
      inComponent: true,
      testimony: [],
    }));
  }

  state(now: number): ClusterState {
    this.#now = now;
    const faults = this.plan.at(now);
    const byPlace = new Map<number, Fault[]>();
    const add = (place: number, fault: Fault): void => void byPlace.set(place, [...(byPlace.get(place) ?? []), fault]);
    for (const fault of faults) {
      add(fault.place, fault);
      if (fault.kind === 'down') for (const peer of this.#peersOf(fault.place)) add(peer, fault);
      if (fault.kind === 'link') add(fault.peer, fault);
    }
    return {
      self: this.names[0] ?? '',
      nodes: this.names.map((_, place) => this.#nodeAt(place, now, byPlace.get(place) ?? [])),
      store: STORE,
      leftOut: [],
      settled: true,
      catchingUp: false,
      mesh: {
        members: this.names.map((_, place) => this.#memberAt(place, byPlace.get(place) ?? [])),
        originMs: this.#options.originMs,
        settled: true,
        controlPlane: this.names.slice(0, MASTERS),
        removing: [],
        conflicts: [],
        outages: [],
        digest: Math.floor(chance(this.seed, 'digest', Math.floor(now / OWN_EVERY_MS)) * 2 ** 32)
          .toString(16)
          .padStart(16, '0'),
      },
    };
  }

  #nodeAt(place: number, now: number, faults: readonly Fault[]): NodeState {
    const down = downAt(place, faults);
    // The last word of a node that is gone is from the moment before.
    const time = down === undefined ? now : down.from - 1;
    const everyMs = place === 0 ? OWN_EVERY_MS : REPORT_EVERY_MS;
    const elapsedMs = now - time + ((time + this.#phase(place)) % everyMs);
    const { report, edges: stated } = this.#sayings(place, faults);
    const edges = statedEdges(down === undefined ? stated : []);
    if (place === 0) return { report, elapsedMs, edges };
    return down === undefined
      ? { report, elapsedMs, edges, freshness: 'current' }
      : { report, elapsedMs, edges, freshness: 'stale' };
  }

  /** What a node says stays the same until its faults change; only its figures go on. */
  #sayings(place: number, faults: readonly Fault[]): Sayings {
    const key = faults.map(({ from, place: where }) => `${from} ${where}`).join();
    const known = this.#said[place];
    if (known?.faults === key) return known;
    const said = { faults: key, report: this.#report(place, faults), edges: this.#edges(place, faults) };
    this.#said[place] = said;
    return said;
  }

  #report(place: number, faults: readonly Fault[]): NodeReport {
    const node = this.names[place] ?? '';
    const startedAt = this.#startedAt(place);
    const own = faults.filter((fault) => fault.place === place);
    const until = downAt(place, faults)?.from ?? Infinity;
    const readings = (check: AnyCheck): CheckResult['readings'] =>
      isAbsent(check, place) ? [] : readingsOf(this.seed, node, check, Math.min(this.#now, until));
    const results = this.checks.map((check): CheckResult => {
      const fault = own.find((one) => (one.kind === 'problem' || one.kind === 'blind') && one.check === check.id);
      return {
        check: check.id,
        ...outcomeOf(check, place, fault, this.names),
        since: fault?.from ?? startedAt,
        ageMs: Math.floor(1000 * chance(this.seed, node, check.id, 'age')),
        durationMs: 1 + Math.floor(20 * chance(this.seed, node, check.id, 'duration')),
        looked: true,
        intervalMs: check.intervalMs,
        // Made when somebody looks: thousands of nodes have many, and few are seen.
        get readings() {
          return readings(check);
        },
        confirming: false,
        ended: [],
      };
    });
    return { node, version: this.#options.version, startedAt, results, place: this.#placeOf(place) };
  }

  #edges(place: number, faults: readonly Fault[]): readonly Edge[] {
    const { originMs } = this.#options;
    return this.#peersOf(place).map((peer) => {
      const name = this.names[peer] ?? '';
      const fault = downAt(peer, faults) ?? linkBetween(place, peer, faults);
      if (fault !== undefined) return { peer: name, state: edgeStateOf(fault), sinceMs: fault.from - originMs };
      const rttMs = 0.2 + 2 * chance(this.seed, 'rtt', Math.min(place, peer), Math.max(place, peer));
      const sinceMs = Math.max(this.#startedAt(place), this.#startedAt(peer)) - originMs;
      return { peer: name, state: 'good', sinceMs, rttMs, offset: { offsetMs: 0, uncertaintyMs: rttMs } };
    });
  }

  #memberAt(place: number, faults: readonly Fault[]): Member {
    const alive = this.#alive[place] as Member;
    const fault = downAt(place, faults) ?? faults.find((one) => one.kind === 'link');
    if (fault === undefined || (fault.kind === 'down' && fault.place !== place)) return alive;
    const state = edgeStateOf(fault);
    const other = fault.kind === 'link' ? (fault.peer === place ? fault.place : fault.peer) : undefined;
    const testimony = this.#peersOf(place).map((peer) => ({
      observer: this.names[peer] ?? '',
      state: other === undefined || other === peer ? state : ('good' as const),
    }));
    return {
      ...alive,
      state: fault.kind === 'link' ? 'suspect' : (STATES[state] ?? 'suspect'),
      sinceMs: fault.from - this.#options.originMs,
      inComponent: fault.kind === 'link',
      testimony,
    };
  }

  #peersOf(place: number): readonly number[] {
    const { length } = this.names;
    if (length <= FULL) return Array.from({ length }, (_, peer) => peer).filter((peer) => peer !== place);
    return Array.from({ length: REACH }, (_, step) => step + 1).flatMap((step) => [
      (place + step) % length,
      (place - step + length) % length,
    ]);
  }

  #placeOf = (place: number): NodePlace => ({
    uid: `simulated-${place}`,
    isControlPlane: place < MASTERS,
    zone: ZONES[place % ZONES.length] ?? '',
  });
  #phase = (place: number): number => Math.floor(REPORT_EVERY_MS * chance(this.seed, 'phase', place));
  #startedAt = (place: number): number =>
    Math.floor(this.#options.originMs / DAY_MS) * DAY_MS -
    Math.floor(10 * DAY_MS * (1 + chance(this.seed, 'start', place)));
}

const STATES: Readonly<Partial<Record<EdgeState, MemberState>>> = {
  lost: 'unreachable',
  refused: 'agent-down',
  unresponsive: 'agent-unresponsive',
};

const STORE: StoreHealth = {
  directory: '/simulated',
  state: 'ok',
  since: 0,
  message: '',
  queuedSamples: 0,
  droppedSamples: 0,
  queuedEvents: 0,
  droppedEvents: 0,
  sizeBytes: 0,
};

const downAt = (place: number, faults: readonly Fault[]): Fault | undefined =>
  faults.find((fault) => fault.kind === 'down' && fault.place === place);

const linkBetween = (one: number, other: number, faults: readonly Fault[]): Fault | undefined =>
  faults.find(
    (fault) =>
      fault.kind === 'link' &&
      ((fault.place === one && fault.peer === other) || (fault.place === other && fault.peer === one)),
  );

const edgeStateOf = (fault: Fault): EdgeState => (fault.kind === 'down' ? fault.state : 'lost');

const readingsOf = (seed: number, node: string, check: AnyCheck, time: number): CheckResult['readings'] =>
  Object.keys(check.readings).map((name) => ({ name, value: readingAt(seed, node, check.id, name, time) }));

const isAbsent = ({ id }: AnyCheck, place: number): boolean =>
  place >= MASTERS && CONTROL_PLANE_PARTS.some((part) => part === id);

function outcomeOf(
  check: AnyCheck,
  place: number,
  fault: Fault | undefined,
  names: readonly string[],
): Pick<CheckResult, 'status' | 'problems' | 'why'> {
  if (fault?.kind === 'problem') {
    const { reason, severity, message, from, peer } = fault;
    const subject = peer === undefined ? {} : { subject: names[peer] ?? '' };
    return { status: 'problem', problems: [{ reason, ...subject, severity, message, since: from }] };
  }
  if (fault?.kind === 'blind') return { status: 'unknown', problems: [], why: fault.message };
  if (isAbsent(check, place))
    return { status: 'absent', problems: [], why: 'simulated: this node has no control plane' };
  return { status: 'ok', problems: [] };
}
