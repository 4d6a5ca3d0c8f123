/**
 * What holds of every diagnosis, whatever the cluster: over clusters that are made of a seed each. A failing seed is printed.
 *
 * The gate takes the first few; ten thousand take a minute:
 *
 *     MEERKAT_LONG=1 npx vitest run --project simulation test/simulation/diagnosis.test.ts
 */
import { expect, it } from 'vitest';
import { createCatalogue } from '../../agent/catalogue.ts';
import { EXPLANATIONS } from '../../agent/diagnosis/causes.ts';
import { diagnose } from '../../agent/diagnosis/diagnose.ts';
import { NOW } from '../../agent/diagnosis/testing.ts';
import type { ClusterState } from '../../agent/model/cluster-state.ts';
import type { Diagnosis, Finding } from '../../agent/model/finding.ts';
import { createSimulatedCluster } from '../../agent/simulated/cluster.ts';
import { CHECKS } from '../../checks/registry.ts';
import { createRandom } from '../lib/random.ts';
import { type Generated, generate } from './diagnosis/cluster.ts';
import { type Fault, WORDS_ONLY, entangled } from './diagnosis/faults.ts';
import { randomSignals } from './diagnosis/signals.ts';
import { hostileText } from './diagnosis/texts.ts';
import { frozenState, shuffledState, textOf, withWordsOf, withoutAnswers } from './diagnosis/variants.ts';
import { flawsOf } from './diagnosis/well-formed.ts';

const IS_LONG = process.env['MEERKAT_LONG'] !== undefined;
const COUNT = IS_LONG ? 10_000 : 300;
const SEEDS = Array.from({ length: COUNT }, (_, index) => index + 1);
/** Of ten thousand on a machine that has no time. */
const LONGEST_MS = IS_LONG ? 600_000 : 60_000;
/** More of them tell nothing new. */
const MOST_TOLD = 5;

const CATALOGUE = createCatalogue(CHECKS);
const judge = (state: ClusterState): Diagnosis => diagnose(state, NOW, CATALOGUE);

/** Of each seed what is wrong; an error is told as what is wrong, too. */
function expectOfAll(flawsOfSeed: (cluster: Generated) => readonly string[]): void {
  const told: string[] = [];
  for (const seed of SEEDS) {
    for (const flaw of flawsOrError(() => flawsOfSeed(generate(seed)))) told.push(`seed ${seed}: ${flaw}`);
    if (told.length >= MOST_TOLD) break;
  }
  expect(told).toEqual([]);
}

function flawsOrError(flaws: () => readonly string[]): readonly string[] {
  try {
    return flaws();
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
}

/** What the stores, the Kubernetes API and this agent say is no answer of a check. */
const SAID_OTHERWISE: ReadonlySet<Fault['kind']> = new Set(['store', 'kube', 'own']);

const idsOf = ({ findings }: Diagnosis): readonly string[] => findings.map(({ id }) => id);

it(
  'changes nothing of what it is given, and says the same twice',
  () => {
    expectOfAll((cluster) => {
      const state = cluster.state();
      const before = textOf(state);
      const first = JSON.stringify(judge(frozenState(state)));
      const isSame = first === JSON.stringify(judge(state)) && first === JSON.stringify(judge(cluster.state()));
      return [...(textOf(state) === before ? [] : ['changed']), ...(isSame ? [] : ['another answer'])];
    });
  },
  LONGEST_MS,
);

it(
  'says the same whatever the order of nodes, members, results, problems and edges',
  () => {
    expectOfAll((cluster) => {
      const state = cluster.state();
      const [one, other] = [judge(state), judge(shuffledState(createRandom(cluster.seed), state))];
      return JSON.stringify(one) === JSON.stringify(other) ? [] : [differenceOf(one, other)];
    });
  },
  LONGEST_MS,
);

function differenceOf(one: Diagnosis, other: Diagnosis): string {
  const [first, second] = [one, other].map(({ sentence, findings }) => [
    sentence,
    ...findings.map((finding) => JSON.stringify(finding)),
  ]) as [string[], string[]];
  const place = first.findIndex((line, index) => line !== second[index]);
  return `${first[place]}\n  is in another order ${second[place]}`;
}

it(
  'each finding has an id of its own, is seen by somebody, for a reason, and is told in one sentence; causes lead somewhere',
  () => {
    expectOfAll((cluster) => flawsOf(judge(cluster.state())));
  },
  LONGEST_MS,
);

it(
  'what others say of workloads is told as their word, and changes nothing else',
  () => {
    let told = 0;
    expectOfAll((cluster) => {
      const random = createRandom(cluster.seed);
      const { signals: _, ...state } = cluster.state();
      const signals = randomSignals(random, cluster.names, (one) => hostileText(one, cluster.names));
      const [before, after] = [judge(state), judge({ ...state, signals })];
      const isTheirs = ({ reason }: Finding): boolean => reason === 'WorkloadSignal';
      const theirs = after.findings.filter(isTheirs);
      told += theirs.length;
      const others = after.findings.filter((one) => !isTheirs(one));
      return [
        ...flawsOf(after),
        ...(after.status === before.status ? [] : [`${before.status} becomes ${after.status}`]),
        ...(JSON.stringify(others) === JSON.stringify(before.findings) ? [] : ['another finding changes']),
        ...theirs.filter(({ severity, causedBy }) => severity !== 'info' || causedBy !== undefined).map(({ id }) => id),
        ...(theirs.length <= 16 ? [] : [`${theirs.length} findings`]),
      ];
    });
    expect(told).toBeGreaterThan(COUNT);
  },
  LONGEST_MS,
);

it('the same holds of the clusters of the demonstration', () => {
  const told = Array.from({ length: 5 }, (_, index) => 2 + 9 * index).flatMap((count) => {
    const options = { count, seed: count, version: '1.0.0', originMs: NOW - 3_600_000 };
    const cluster = createSimulatedCluster(options, CHECKS);
    return Array.from({ length: 20 }, (_, minute) => NOW + minute * 60_000).flatMap((now) => {
      const state = frozenState(cluster.state(now));
      const diagnosis = diagnose(state, now, CATALOGUE);
      const shuffled = diagnose(shuffledState(createRandom(now), state), now, CATALOGUE);
      expect(shuffled).toEqual(diagnosis);
      return flawsOf(diagnosis).map((flaw) => `${count} nodes at ${now}: ${flaw}`);
    });
  });

  expect(told).toEqual([]);
});

it('nothing explains itself, not even by way of others', () => {
  const causes = Map.groupBy(EXPLANATIONS, ({ consequence }) => consequence);
  const leadsBack = (reason: string, path: readonly string[]): readonly string[] =>
    path.includes(reason)
      ? [[...path, reason].join(' by ')]
      : [...new Set((causes.get(reason) ?? []).map(({ cause }) => cause))].flatMap((cause) =>
          leadsBack(cause, [...path, reason]),
        );

  expect([...causes.keys()].flatMap((reason) => leadsBack(reason, []))).toEqual([]);
});

it(
  'a fault that is not there is not found, and explains nothing',
  () => {
    let [removed, found, named] = [0, 0, 0];
    expectOfAll((cluster) => {
      const before = judge(cluster.state());
      const fault = chosenFault(cluster, before);
      if (fault === undefined) return [];
      const isOf = findingsOf(fault, cluster);
      const after = judge(cluster.state(cluster.faults.filter((one) => one !== fault)));
      const gone = before.findings.filter(isOf).filter(({ id }) => !idsOf(after).includes(id));
      removed += 1;
      if (before.findings.some(isOf)) found += 1;
      if (before.findings.some(({ causedBy }) => gone.some(({ id }) => id === causedBy))) named += 1;
      return [
        ...after.findings.filter(isOf).map(({ id }) => `${id} is still found without ${JSON.stringify(fault)}`),
        ...after.findings
          .filter(({ causedBy }) => gone.some(({ id }) => id === causedBy))
          .map(({ id, causedBy }) => `${id} is still caused by ${causedBy}`),
      ];
    });
    process.stdout.write(`${removed} faults removed: ${found} had been found, ${named} had explained something\n`);
    expect(2 * found).toBeGreaterThan(removed);
    expect(named).toBeGreaterThan(COUNT / 50);
  },
  LONGEST_MS,
);

/** One that explains something, where there is one. */
function chosenFault(cluster: Generated, { findings }: Diagnosis): Fault | undefined {
  const faults = lonelyFaults(cluster);
  const causes = new Set(findings.map(({ causedBy }) => causedBy));
  const explaining = faults.filter((fault) => {
    const isOf = findingsOf(fault, cluster);
    return findings.some((finding) => causes.has(finding.id) && isOf(finding));
  });
  const [first] = explaining.length > 0 ? explaining : faults;
  return first;
}

/** Those to whose nodes nothing else happens, nor to the network; and each that is the only word of its check. */
function lonelyFaults({ faults, names }: Generated): readonly Fault[] {
  const isSmall = names.length <= 16 && faults.every(({ kind }) => kind !== 'mesh');
  const touched = (fault: Fault): readonly string[] =>
    fault.kind === 'cut' ? [fault.node, fault.other] : [fault.node];
  return faults.filter((fault) => {
    const others = faults.filter((one) => one !== fault);
    if (fault.kind === 'problem')
      return !others.some((one) => one.node === fault.node && 'check' in one && one.check === fault.check);
    if (fault.kind !== 'host' && fault.kind !== 'store' && fault.kind !== 'clock') return false;
    const troubled = new Set(others.flatMap(touched));
    return isSmall && !touched(fault).some((node) => troubled.has(node));
  });
}

/** Which findings tell of this fault. */
function findingsOf(fault: Fault, { self }: Generated): (finding: Finding) => boolean {
  const isAbout = ({ node, nodes = [node] }: Finding): boolean => nodes.includes(fault.node);
  if (fault.kind === 'host') {
    if (fault.node === self) return () => false;
    const reasons = { powerOff: ['NodeUnreachable', 'NodesLost'], kill: ['AgentDown'], freeze: ['AgentUnresponsive'] };
    return (finding) => reasons[fault.how].includes(finding.reason) && isAbout(finding);
  }
  if (fault.kind === 'problem') {
    const line = `${fault.check} on ${fault.node}: `;
    return ({ evidence }) => evidence.some((one) => one.startsWith(line));
  }
  if (fault.kind === 'store') return (finding) => /^Store|^DiskStalled/.test(finding.reason) && isAbout(finding);
  return (finding) => finding.reason === 'ClockSkew' && finding.subject === undefined && isAbout(finding);
}

it(
  'where no check gives an answer only blindness is told, and what the mesh sees',
  () => {
    expectOfAll((cluster) => {
      const random = createRandom(cluster.seed);
      const isWordsOnly = cluster.seed % 2 === 0;
      const faults = cluster.faults.filter(
        ({ kind }) => !SAID_OTHERWISE.has(kind) && (!isWordsOnly || WORDS_ONLY.has(kind)),
      );
      const { findings, status } = judge(withoutAnswers(random, cluster.state(faults)));
      const troubling = findings.filter(({ severity }) => severity !== 'info');
      if (isWordsOnly)
        return [
          ...troubling.filter(({ reason }) => reason !== 'AgentImpaired').map(({ id }) => `${id} of unknowns alone`),
          ...(status === 'critical' ? ['critical of unknowns alone'] : []),
        ];
      return troubling
        .filter(({ check, reason }) => check !== undefined && reason !== 'AgentImpaired' && reason !== 'EtcdQuorumLost')
        .map(({ id }) => `${id} of unknowns alone`);
    });
  },
  LONGEST_MS,
);

it(
  'what one node writes explains nothing of another one',
  () => {
    let explained = 0;
    expectOfAll((cluster) => {
      const random = createRandom(cluster.seed);
      const author = random.pick(cluster.names);
      const state = cluster.state([...cluster.faults, ...entangled(random, cluster.names, author)]);
      const misled = judge(withWordsOf(author, state, () => hostileText(random, cluster.names)));
      const plain = new Map(judge(withWordsOf(author, state, () => 'x')).findings.map((one) => [one.id, one.causedBy]));
      explained += misled.findings.filter(({ causedBy }) => causedBy !== undefined).length;
      return [
        ...flawsOf(misled),
        ...misled.findings
          .filter(
            (finding) =>
              isOfOthers(finding, author) && plain.has(finding.id) && plain.get(finding.id) !== finding.causedBy,
          )
          .map(
            ({ id, causedBy, evidence }) =>
              `${author} makes ${id} caused by ${causedBy}, not ${plain.get(id)}: ${evidence.join(' | ').slice(0, 500)}`,
          ),
      ];
    });
    expect(explained).toBeGreaterThan(COUNT / 20);
  },
  LONGEST_MS,
);

/** It is not about the author, and a node that it is about says something of it itself: of a silent one others speak. */
function isOfOthers({ node, nodes = [node], evidence }: Finding, author: string): boolean {
  if (node === author || nodes.includes(author)) return false;
  return evidence.some((line) => nodes.some((one) => line.split(': ', 1)[0]?.endsWith(` on ${one}`)));
}
