import type { Removal } from '../../model/kube-state.ts';
import type { LeavingReason, Member, MemberState } from '../../model/member.ts';
import type { MeshEvidence } from '../mesh-evidence.ts';
import type { Draft, Rule } from '../rule.ts';

const WHAT: Readonly<Record<LeavingReason, (node: string) => string>> = {
  restart: (node) => `The agent on ${node} restarts`,
  shutdown: (node) => `${node} shuts down`,
  removed: (node) => `${node} leaves the cluster`,
};

export const nodeLeaving: Rule = {
  reason: 'NodeLeaving',
  severity: 'info',
  concludes:
    'An agent said that it goes: a restart, a shutdown of its host, or its removal. Or something has announced by a taint of its Node that the node will be removed.',
  from: 'The agent’s own signed word; the taint as a roster reader has it from the Kubernetes API.',
  sound:
    'Nobody else can say it in its name. A taint is set by whoever removes nodes: the Cluster Autoscaler, Karpenter, or a person.',
  silentWhen:
    'It is back, or its time is over: then what the observers see counts. A tainted node is lost already, or nobody reads the Nodes now. A node is only cordoned.',
  claims: [],
  find({ mesh, state: { kube } }) {
    if (mesh === undefined) return [];
    const { members } = mesh.state;
    return [
      ...members.filter(({ state }) => state === 'leaving').map((member) => byItsWord(mesh, member)),
      ...mesh.state.removing
        .filter(() => kube?.roster?.isCurrent === true)
        .filter(({ node, isAnnounced }) => isAnnounced && STAYING.has(mesh.members.get(node)?.state))
        .map((removal) => byTaint(mesh, removal, kube?.roster?.reader)),
    ];
  },
};

/** Of others more is said. */
const STAYING: ReadonlySet<MemberState | undefined> = new Set<MemberState>(['alive', 'suspect']);

const byItsWord = (mesh: MeshEvidence, { name, leaving = 'shutdown', sinceMs }: Member): Draft => ({
  ...leavingOf(name, mesh.instant(sinceMs)),
  sentence: WHAT[leaving](name),
  observers: [name],
  evidence: [`${name} said so itself`],
});

const byTaint = (mesh: MeshEvidence, { node, why, sinceMs }: Removal, reader: string | undefined): Draft => ({
  ...leavingOf(node, mesh.instant(sinceMs)),
  sentence: `${node} is being removed from the cluster: it is ${why}`,
  observers: reader === undefined ? [] : [reader],
  evidence: [`its Node is ${why}`],
});

const leavingOf = (node: string, since: number) =>
  ({
    reason: 'NodeLeaving',
    severity: 'info',
    nodeSeverity: 'info',
    node,
    since,
    dissent: [],
    alternatives: [],
    next: [],
    intervalMs: 1000,
  }) satisfies Partial<Draft>;
