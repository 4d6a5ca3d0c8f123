/** What every diagnosis has to keep to. */
import type { Diagnosis, Finding } from '../../../agent/model/finding.ts';

/** About the cluster, a part of it or all who ask: their sentences need not name the first of their nodes. */
const OF_ALL: ReadonlySet<string> = new Set([
  'ZonePathBroken',
  'EtcdQuorumLost',
  'NoControlPlaneFromHere',
  'ClusterDnsDown',
  'SchedulerDown',
  'ControllerManagerDown',
  'VersionSkew',
  'ApiserverAddressBroken',
  'WorkloadSignal',
]);

/** In words; empty: it is as it should be. */
export function flawsOf({ findings, sentence }: Diagnosis): readonly string[] {
  const byId = new Map(findings.map((finding) => [finding.id, finding]));
  return [
    ...(/^\S.*[^\s.]\.$/s.test(sentence) ? [] : [`the diagnosis says ${JSON.stringify(sentence)}`]),
    ...(byId.size === findings.length ? [] : [`ids are not unique: ${repeated(findings).join(', ')}`]),
    ...findings.flatMap((finding) => [
      ...shapeFlaws(finding).map((flaw) => `${finding.id} ${flaw}`),
      ...causeFlaws(finding, byId).map((flaw) => `${finding.id} ${flaw}`),
    ]),
  ];
}

function repeated(findings: readonly Finding[]): readonly string[] {
  return [...Map.groupBy(findings, ({ id }) => id)].flatMap(([id, those]) => (those.length > 1 ? [id] : []));
}

function shapeFlaws(finding: Finding): readonly string[] {
  const { node, sentence, observers, evidence, since } = finding;
  return [
    ...(observers.length > 0 ? [] : ['is seen by nobody']),
    ...(evidence.length > 0 && evidence.every((line) => line !== '') ? [] : ['has no evidence']),
    ...(/[.\s]$/.test(sentence) ? [`ends with a stop: ${JSON.stringify(sentence)}`] : []),
    ...(sentence.includes(node) || isOfAll(finding) ? [] : [`does not name ${node}: ${sentence}`]),
    ...(Number.isFinite(since) ? [] : [`began at ${since}`]),
  ];
}

/** Also a probe that fails wherever it is made. */
const isOfAll = ({ reason, check, nodes }: Finding): boolean =>
  OF_ALL.has(reason) || (nodes !== undefined && (check === 'http' || check === 'tcp'));

function causeFlaws(finding: Finding, byId: ReadonlyMap<string, Finding>): readonly string[] {
  const path = new Set<Finding>();
  for (let one: Finding | undefined = finding; one !== undefined;) {
    if (path.has(one)) return [`is caused by itself: ${[...path].map(({ id }) => id).join(' by ')}`];
    path.add(one);
    if (one.causedBy === undefined) return [];
    if (!byId.has(one.causedBy)) return [`is caused by ${one.causedBy}, which is no finding`];
    one = byId.get(one.causedBy);
  }
  return [];
}
