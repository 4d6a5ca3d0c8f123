/** Members that are lost, grouped as they were lost. */
import type { ClusterState } from '../model/cluster-state.ts';
import { formatDuration, formatInstant } from '../model/text.ts';
import type { LostMember, MeshEvidence } from './mesh-evidence.ts';
import type { Draft, Evidence } from './rule.ts';
import { statusCommand } from './whereabouts.ts';
import { firstLines, formatNames, plural } from './words.ts';

/** Members of one fault are judged together; so far apart, they were lost by two. */
const TOGETHER_MS = 15_000;
/** Of a large part of a cluster. Where machines have no time, what one cut took is seen bit by bit. */
const TOGETHER_GRAVE_MS = 60_000;

/** Lost members that are missed, in groups that were lost together; each sorted by name, the oldest group first. */
export function lossGroups({ lost, isLossGrave }: MeshEvidence): readonly (readonly LostMember[])[] {
  const missed = [...lost.values()].filter(({ excuse }) => excuse === undefined).sort((a, b) => a.since - b.since);
  const togetherMs = isLossGrave ? TOGETHER_GRAVE_MS : TOGETHER_MS;
  const groups: LostMember[][] = [];
  let last = -Infinity;
  for (const member of missed) {
    if (member.since - last > togetherMs) groups.push([]);
    groups.at(-1)?.push(member);
    last = member.since;
  }
  return groups.map((group) => group.sort((a, b) => (a.name < b.name ? -1 : 1)));
}

/** The finding for members that were lost together; at least one. */
export function draftForLost(evidence: Evidence, mesh: MeshEvidence, group: readonly LostMember[]): Draft {
  const names = group.map(({ name }) => name);
  const [node = '', second] = names;
  const observers = union(group.map((one) => one.observers));
  const from = formatNames(observers);
  const excuse = group[0]?.excuse;
  const count = names.length > 5 ? `${names.length} nodes (${formatNames(names)})` : formatNames(names);
  return {
    reason: second === undefined ? 'NodeUnreachable' : 'NodesLost',
    severity: excuse !== undefined ? 'info' : mesh.isLossGrave ? 'critical' : 'warning',
    nodeSeverity: excuse === undefined ? 'critical' : 'info',
    node,
    ...(second !== undefined && { nodes: names }),
    sentence: `${count}${zoneWords(mesh, names)} ${plural(names.length, 'does', 'do')} not answer ${from}${excuse === undefined ? '' : `: ${excuse}`}`,
    since: Math.min(...group.map(({ since }) => since)),
    observers,
    dissent: union(group.map((one) => one.dissent)),
    evidence: [...countsOf(mesh), ...firstLines(group.flatMap((one) => evidenceOf(evidence, mesh, one)))],
    alternatives: alternativesOf(evidence, names, from),
    next: [
      `Look at the power and the console of ${formatNames(names)}, and at the network between ${node} and ${from}`,
      `What the other side says of itself, from where it can be reached: ${statusCommand(mesh, node)}`,
    ],
    intervalMs: 1000,
  };
}

/** Which zone it is that is gone; empty: none is as a whole, or there is only one. Zones are known by the members' reports. */
function zoneWords({ reports, expected }: MeshEvidence, names: readonly string[]): string {
  const zoneOf = (name: string): string | undefined => reports.get(name)?.report.place?.zone;
  const [zone, ...others] = new Set(names.map(zoneOf));
  if (names.length < 2 || zone === undefined || others.length > 0) return '';
  const gone = new Set(names);
  const rest = expected.filter((name) => !gone.has(name)).map(zoneOf);
  return rest.includes(zone) || rest.every((other) => other === undefined) ? '' : `, all of zone ${zone},`;
}

/** A kubelet that renews its Lease lives, and reaches the API: whatever the agents see, the node is not without power. */
function alternativesOf({ state }: Evidence, names: readonly string[], from: string): readonly string[] {
  const kinds = new Set(names.map((name) => leaseOf(state, name)?.kind));
  if (kinds.size === 1 && kinds.has('renewed')) return [`cut off from ${from}`];
  const isStale = kinds.size === 1 && kinds.has('stale');
  return ['powered off', `cut off from ${from}${isStale ? ' and from the Kubernetes API' : ''}`];
}

const leaseOf = ({ kube }: ClusterState, name: string) => kube?.leases.find(({ node }) => node === name);

function leaseEvidence(state: ClusterState, name: string): readonly string[] {
  const lease = leaseOf(state, name);
  if (lease === undefined) return [];
  const time = formatDuration(lease.unchangedForMs);
  if (lease.kind === 'renewed')
    return [`the kubelet of ${name} renewed its Lease ${time} ago: the node runs and reaches the API`];
  if (lease.kind === 'stale') return [`the kubelet of ${name} has not renewed its Lease for ${time}`];
  return [`the kubelet of ${name} has no Lease`];
}

const union = (lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())].sort();

function countsOf({ lost, expected, component, isLossGrave }: MeshEvidence): string[] {
  const counts = `${lost.size} of ${expected.length} nodes are lost, ${component.size} connected`;
  return isLossGrave ? [counts] : [];
}

function evidenceOf({ state, now }: Evidence, mesh: MeshEvidence, { name, observers, dissent }: LostMember): string[] {
  const report = mesh.reports.get(name);
  const raised = (report?.report.results ?? []).flatMap(({ problems }) => problems.map(({ reason }) => reason)).sort();
  const problems = raised.length > 0 ? `, with ${formatNames(raised)}` : '';
  const flapping = mesh.members.get(name)?.flapping;
  return [
    `${formatNames(observers)} lost ${name}${dissent.length > 0 ? `; ${formatNames(dissent)} had another answer` : ''}`,
    ...leaseEvidence(state, name),
    ...(flapping === undefined ? [] : [`${name} comes and goes: it went down ${flapping.falls} times`]),
    ...(report === undefined
      ? [`there is no report of ${name}`]
      : [`the last report of ${name} is from ${formatInstant(now - report.elapsedMs, now)}${problems}`]),
  ];
}
