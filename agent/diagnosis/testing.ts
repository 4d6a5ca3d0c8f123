/**
 * Clusters for tests of the diagnosis: hosts are broken, and the state is what one node would know then. It follows the
 * words of `model/member.ts` in the plainest way, without time: the membership's own machines have tests of their own.
 */
import type { ClusterState, NodeState } from '../model/cluster-state.ts';
import type { KubeState } from '../model/kube-state.ts';
import type { Edge, EdgeState, LeavingReason, Member, MemberState, Testimony } from '../model/member.ts';
import { isReachable } from '../model/member.ts';
import type { MeshState } from '../model/mesh-state.ts';
import type { CheckResult, NodeReport, RaisedProblem } from '../model/report.ts';
import type { PeerStore, StoreHealth } from '../model/store-health.ts';
import { statedEdges } from '../model/stated-edges.ts';
import type { Catalogue } from './rule.ts';

/** 2026-01-01 14:05:00 UTC: when the diagnosis is made. */
export const NOW = Date.UTC(2026, 0, 1, 14, 5, 0);
/** 14:02:11: when things break. */
export const SINCE = Date.UTC(2026, 0, 1, 14, 2, 11);
/** When all agents started. */
const STARTED = NOW - 3_600_000;
/** Monotonic ms at which things break. */
export const SINCE_MS = SINCE - STARTED;
export const NOW_MS = NOW - STARTED;

export const CATALOGUE: Catalogue = {
  title: (check) => check,
  reason: (_check, reason) => ({ summary: `${reason} summary.`, remedy: `mend ${reason}` }),
  isProgram: () => false,
};

export const STORE: StoreHealth = {
  directory: '/var/lib/meerkat',
  state: 'ok',
  since: 0,
  message: '',
  queuedSamples: 0,
  droppedSamples: 0,
  queuedEvents: 0,
  droppedEvents: 0,
  sizeBytes: 0,
};

export const aResult = (check: string, more: Partial<CheckResult> = {}): CheckResult => ({
  check,
  status: 'ok',
  problems: [],
  since: STARTED,
  ageMs: 1000,
  durationMs: 5,
  intervalMs: 10_000,
  readings: [],
  confirming: false,
  ended: [],
  ...more,
});

/** What is known by an API that m2 reads for all. */
export const aKube = (more: Partial<KubeState> = {}): KubeState => ({
  missingRights: [],
  unread: [],
  roster: { reader: 'm2', ageMs: 1000, isCurrent: true, nodes: 7, omitted: 0 },
  controlPlane: ['m1'],
  apiServers: [],
  removing: [],
  withoutAgent: [],
  leases: [],
  controllers: [],
  notReady: [],
  ...more,
});

/** A check that raised one problem. */
export function failing(
  check: string,
  reason: string,
  message: string,
  more: Partial<RaisedProblem> = {},
  result: Partial<CheckResult> = {},
): CheckResult {
  const problem: RaisedProblem = { reason, message, severity: 'critical', since: SINCE, ...more };
  return aResult(check, { status: 'problem', problems: [problem], since: problem.since, ...result });
}

type Host = 'up' | 'off' | 'killed' | 'frozen';

export interface Scene {
  powerOff(...names: readonly string[]): Scene;
  /** The agent is gone, the host answers. */
  kill(...names: readonly string[]): Scene;
  /** The agent is stopped, the host accepts connections. */
  freeze(...names: readonly string[]): Scene;
  /** No packet between any of the one and any of the other; `oneWay`: from the one to the other only. */
  cut(from: readonly string[], to: readonly string[], options?: { readonly oneWay?: boolean }): Scene;
  leave(name: string, reason: LeavingReason): Scene;
  /** Replaces the result of the same check, or adds it. */
  report(name: string, ...results: readonly CheckResult[]): Scene;
  describe(name: string, more: Partial<NodeReport>): Scene;
  /** The store of a peer. */
  store(name: string, store: PeerStore): Scene;
  /** The clock of a node is ahead, as all others measure it. */
  shiftClock(name: string, aheadMs: number, uncertaintyMs?: number): Scene;
  /** Overrides what the mesh says of one member. */
  member(name: string, more: Partial<Member>): Scene;
  mesh(more: Partial<MeshState>): Scene;
  /** What this node knows. */
  from(self: string, more?: Partial<ClusterState>): ClusterState;
}

/** Nodes that all work: those whose name begins with `m` run a control plane with etcd, the others are workers. */
export const createScene = (names: readonly string[]): Scene => new TestScene(names);

/** Two observers on each side of a ring are enough for large clusters; small ones watch each other fully. */
const FULL = 16;
const REACH = 4;

class TestScene implements Scene {
  readonly #names: readonly string[];
  readonly #places: ReadonlyMap<string, number>;
  readonly #hosts = new Map<string, Host>();
  readonly #cuts = new Set<string>();
  readonly #leaving = new Map<string, LeavingReason>();
  readonly #results = new Map<string, CheckResult[]>();
  readonly #reports = new Map<string, Partial<NodeReport>>();
  readonly #stores = new Map<string, PeerStore>();
  readonly #clocks = new Map<string, { readonly aheadMs: number; readonly uncertaintyMs: number }>();
  readonly #members = new Map<string, Partial<Member>>();
  #mesh: Partial<MeshState> = {};

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#places = new Map(names.map((name, place) => [name, place]));
    for (const name of names) this.#results.set(name, usualResults(name));
  }

  powerOff = (...names: readonly string[]): this => this.#set(names, 'off');
  kill = (...names: readonly string[]): this => this.#set(names, 'killed');
  freeze = (...names: readonly string[]): this => this.#set(names, 'frozen');

  cut(from: readonly string[], to: readonly string[], { oneWay = false } = {}): this {
    for (const one of from) {
      for (const other of to) {
        this.#cuts.add(`${one} ${other}`);
        if (!oneWay) this.#cuts.add(`${other} ${one}`);
      }
    }
    return this;
  }

  leave(name: string, reason: LeavingReason): this {
    this.#leaving.set(name, reason);
    return this.kill(name);
  }

  report(name: string, ...results: readonly CheckResult[]): this {
    const checks = new Set(results.map(({ check }) => check));
    const kept = (this.#results.get(name) ?? []).filter(({ check }) => !checks.has(check));
    this.#results.set(name, [...kept, ...results]);
    return this;
  }

  describe(name: string, more: Partial<NodeReport>): this {
    this.#reports.set(name, { ...this.#reports.get(name), ...more });
    return this;
  }

  store(name: string, store: PeerStore): this {
    this.#stores.set(name, store);
    return this;
  }

  shiftClock(name: string, aheadMs: number, uncertaintyMs = 5): this {
    this.#clocks.set(name, { aheadMs, uncertaintyMs });
    return this;
  }

  member(name: string, more: Partial<Member>): this {
    this.#members.set(name, { ...this.#members.get(name), ...more });
    return this;
  }

  mesh(more: Partial<MeshState>): this {
    this.#mesh = { ...this.#mesh, ...more };
    return this;
  }

  from(self: string, more: Partial<ClusterState> = {}): ClusterState {
    const component = this.#componentOf(self);
    return {
      self,
      nodes: this.#names.map((name) => this.#nodeState(name, self, component)),
      store: STORE,
      leftOut: [],
      settled: true,
      catchingUp: false,
      mesh: {
        members: this.#names.map((name) => this.#memberOf(name, component)),
        originMs: STARTED,
        settled: true,
        controlPlane: [],
        removing: [],
        conflicts: [],
        outages: [],
        digest: '0'.repeat(64),
        ...this.#mesh,
      },
      ...more,
    };
  }

  #set(names: readonly string[], host: Host): this {
    for (const name of names) this.#hosts.set(name, host);
    return this;
  }

  #peersOf(name: string): readonly string[] {
    const { length } = this.#names;
    if (length <= FULL) return this.#names.filter((other) => other !== name);
    const place = this.#places.get(name) ?? 0;
    const steps = Array.from({ length: REACH }, (_, index) => index + 1);
    return [...steps, ...steps.map((step) => -step)].flatMap(
      (step) => this.#names[(place + step + length) % length] ?? [],
    );
  }

  #edge(from: string, to: string): EdgeState {
    const isCut = this.#cuts.has(`${from} ${to}`) || this.#cuts.has(`${to} ${from}`);
    const host = this.#hosts.get(to) ?? 'up';
    if (isCut || host === 'off') return 'lost';
    return host === 'killed' ? 'refused' : host === 'frozen' ? 'unresponsive' : 'good';
  }

  #edgesOf(name: string): Edge[] {
    return this.#peersOf(name).map((peer) => {
      const state = this.#edge(name, peer);
      const isDeaf = this.#cuts.has(`${name} ${peer}`) && !this.#cuts.has(`${peer} ${name}`);
      const [mine, theirs] = [this.#clocks.get(name), this.#clocks.get(peer)];
      return {
        peer,
        state,
        sinceMs: state === 'good' ? 0 : SINCE_MS,
        ...(isDeaf && { lossTo: 1 }),
        ...(state === 'good' && {
          offset: {
            offsetMs: (theirs?.aheadMs ?? 0) - (mine?.aheadMs ?? 0),
            uncertaintyMs: Math.max(mine?.uncertaintyMs ?? 1, theirs?.uncertaintyMs ?? 1),
          },
        }),
      };
    });
  }

  #componentOf(self: string): ReadonlySet<string> {
    const component = new Set([self]);
    for (const name of component) {
      for (const peer of this.#peersOf(name)) if (isReachable(this.#edge(name, peer))) component.add(peer);
    }
    return component;
  }

  #nodeState(node: string, self: string, component: ReadonlySet<string>): NodeState {
    const results = this.#results.get(node) ?? [];
    const report = { node, version: '1.0.0', startedAt: STARTED, results, ...this.#reports.get(node) };
    if (node === self) return { report, elapsedMs: 0, edges: statedEdges(this.#edgesOf(node)) };
    const store = this.#stores.get(node);
    const peer = { report, ...(store !== undefined && { store }) };
    if (!component.has(node)) return { ...peer, elapsedMs: NOW - SINCE + 3000, freshness: 'stale' };
    return { ...peer, elapsedMs: 3000, freshness: 'current', edges: statedEdges(this.#edgesOf(node)) };
  }

  #memberOf(name: string, component: ReadonlySet<string>): Member {
    const inComponent = component.has(name);
    const testimony: Testimony[] = this.#peersOf(name)
      .filter((peer) => component.has(peer) && this.#peersOf(peer).includes(name))
      .map((observer) => ({ observer, state: this.#edge(observer, name) }));
    const leaving = this.#leaving.get(name);
    const state = leaving === undefined ? verdictOn(testimony) : 'leaving';
    return {
      name,
      state,
      sinceMs: state === 'alive' ? 0 : SINCE_MS,
      judged: true,
      inComponent,
      ...(leaving !== undefined && { leaving }),
      testimony: testimony.every((one) => isReachable(one.state)) ? [] : testimony,
      ...this.#members.get(name),
    };
  }
}

function verdictOn(testimony: readonly Testimony[]): MemberState {
  const count = (wanted: EdgeState): number => testimony.filter(({ state }) => state === wanted).length;
  if (count('refused') > 0) return 'agent-down';
  if (count('unresponsive') > 0) return 'agent-unresponsive';
  if (2 * count('lost') > testimony.length) return 'unreachable';
  return count('lost') > 0 ? 'suspect' : 'alive';
}

function usualResults(name: string): CheckResult[] {
  const isMaster = name.startsWith('m');
  const absent = (check: string): CheckResult => aResult(check, { status: 'absent', why: 'nobody listens' });
  return [
    aResult('disk-space'),
    aResult('kubelet'),
    isMaster ? aResult('etcd', { intervalMs: 3000 }) : absent('etcd'),
    isMaster ? aResult('apiserver', { intervalMs: 3000 }) : absent('apiserver'),
  ];
}
