/** Clusters with faults, each made of one number: what one of their nodes knows of them. */
import { aKube, aResult, createScene } from '../../../agent/diagnosis/testing.ts';
import type { ClusterState } from '../../../agent/model/cluster-state.ts';
import type { CheckResult } from '../../../agent/model/report.ts';
import { createRandom } from '../../lib/random.ts';
import { type Fault, addressOf, entangled, ownStore, randomFault } from './faults.ts';
import { linkedFaults } from './linked.ts';
import { longName } from './texts.ts';

export interface Generated {
  readonly seed: number;
  readonly names: readonly string[];
  readonly self: string;
  readonly faults: readonly Fault[];
  /** With these faults in place of its own. */
  state(faults?: readonly Fault[]): ClusterState;
}

const MOST_FAULTS = 9;

export function generate(seed: number): Generated {
  const random = createRandom(Math.imul(seed, 2_654_435_761));
  const masters = random.pick([1, 1, 2, 3, 3, 3, 5]);
  const workers = random.chance(0.05) ? 25 : random.integer(7);
  const names = [
    ...Array.from({ length: masters }, (_, index) => `m${index + 1}`),
    ...Array.from({ length: workers }, (_, index) => (random.chance(0.02) ? longName(random) : `w${index + 1}`)),
  ];
  if (names.length < 2) names.push('w1');
  const self = random.pick(names);
  const count = random.chance(0.1) ? 25 : random.integer(MOST_FAULTS + 1);
  const own = [
    ...(random.chance(0.4) ? echoes(random, names) : []),
    ...(random.chance(0.6) ? linkedFaults(random, names) : []),
    ...(random.chance(0.3) ? entangled(random, names, random.pick(names)) : []),
  ];
  const faults = [...own, ...Array.from({ length: count }, () => randomFault(random, names, self))];
  const hasKube = random.chance(0.5);
  return { seed, names, self, faults, state: (those = faults) => stateOf({ names, self, hasKube }, those) };
}

/** One fault that several nodes tell of, as it often is. */
function echoes(random: ReturnType<typeof createRandom>, names: readonly string[]): Fault[] {
  let fault = randomFault(random, names, names[0] ?? '');
  for (let tries = 0; fault.kind !== 'problem' && tries < 20; tries += 1)
    fault = randomFault(random, names, names[0] ?? '');
  if (fault.kind !== 'problem') return [];
  const { check, problem } = fault;
  return names
    .filter((node) => random.chance(0.6) && node !== problem.subject)
    .map((node): Fault => ({
      kind: 'problem',
      node,
      check,
      problem: { ...problem, since: problem.since - random.pick([0, 0, 7000]) },
    }));
}

interface Place {
  readonly names: readonly string[];
  readonly self: string;
  readonly hasKube: boolean;
}

function stateOf({ names, self, hasKube }: Place, faults: readonly Fault[]): ClusterState {
  const scene = createScene(names);
  const results = resultsOf(faults);
  for (const [node, those] of results) scene.report(node, ...those);
  const hosts = new Map<string, string>();
  for (const fault of faults) {
    if (fault.kind === 'host' && fault.node !== self && !hosts.has(fault.node)) {
      hosts.set(fault.node, fault.how);
      scene[fault.how](fault.node);
    }
    if (fault.kind === 'cut') scene.cut([fault.node], [fault.other], { oneWay: fault.oneWay });
    if (fault.kind === 'store' && fault.node !== self) scene.store(fault.node, fault.store);
    if (fault.kind === 'clock') scene.shiftClock(fault.node, fault.aheadMs);
    if (fault.kind === 'version') scene.describe(fault.node, { version: '0.9.0' });
    if (fault.kind === 'leave' && fault.node !== self && !hosts.has(fault.node)) scene.leave(fault.node, fault.reason);
    if (fault.kind === 'member' && fault.node !== self) scene.member(fault.node, fault.more);
    if (fault.kind === 'mesh') scene.mesh(fault.more);
  }
  const masters = names.filter((name) => name.startsWith('m'));
  const apiServers = masters.map((node) => ({ address: addressOf(node), node }));
  const kube = faults.reduce(
    (all, fault) => (fault.kind === 'kube' ? { ...all, ...fault.more } : all),
    aKube({ controlPlane: masters, apiServers }),
  );
  const store = faults.find((fault) => fault.kind === 'store' && fault.node === self);
  return scene.from(self, {
    ...((hasKube || faults.some(({ kind }) => kind === 'kube')) && { kube }),
    ...(store?.kind === 'store' && { store: ownStore(store.store) }),
    ...faults.reduce((all, fault) => (fault.kind === 'own' ? { ...all, ...fault.more } : all), {}),
  });
}

/** Of each node, one of each check; a check raises each problem once. */
function resultsOf(faults: readonly Fault[]): ReadonlyMap<string, readonly CheckResult[]> {
  const byNode = new Map<string, Map<string, CheckResult>>();
  for (const fault of faults) {
    if (fault.kind !== 'problem' && fault.kind !== 'ended' && fault.kind !== 'blind') continue;
    const results = byNode.get(fault.node) ?? new Map<string, CheckResult>();
    byNode.set(fault.node, results);
    const before = results.get(fault.check) ?? aResult(fault.check, { ageMs: 1000, looked: true });
    results.set(fault.check, withFault(before, fault));
  }
  return new Map([...byNode].map(([node, results]) => [node, [...results.values()]]));
}

function withFault(result: CheckResult, fault: Fault & { readonly kind: 'problem' | 'ended' | 'blind' }): CheckResult {
  if (fault.kind === 'blind') return result.problems.length > 0 ? result : { ...result, ...fault.result };
  const { reason, subject } = fault.problem;
  const isKnown = [...result.problems, ...result.ended].some((one) => one.reason === reason && one.subject === subject);
  if (isKnown) return result;
  if (fault.kind === 'ended') return { ...result, ended: [...result.ended, fault.problem] };
  const { ageMs: _ageMs, cutShort: _cutShort, why: _why, ...rest } = result;
  return {
    ...rest,
    ageMs: 1000,
    status: 'problem',
    since: fault.problem.since,
    problems: [...result.problems, fault.problem],
  };
}
