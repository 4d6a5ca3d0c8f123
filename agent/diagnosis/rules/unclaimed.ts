import { living, orRestart } from '../instances.ts';
import { lookingNodes, mergedDraft } from '../merged-draft.ts';
import { type Draft, type Evidence, type Rule, type SeenProblem, draftFor } from '../rule.ts';
import { formatNames } from '../words.ts';

/** Probes of the operator's that may ask one and the same from all nodes. What a program says is of its own node. */
const PROBES: ReadonlySet<string> = new Set(['http', 'tcp']);
/** What is restarted by whoever upgrades or configures a node, while its pods run on. */
const RESTARTED: ReadonlySet<string> = new Set(['kubelet/KubeletDown', 'container-runtime/RuntimeDown']);

/** @param claims what other rules speak for, `check/Reason` */
export const unclaimed = (claims: readonly string[]): Rule => ({
  reason: 'any other reason',
  severity: 'warning',
  concludes:
    "What the check's own catalogue says of the reason. An HTTP or TCP probe of the configuration that fails on several nodes under one name is one finding.",
  from: 'A confirmed problem that no other rule speaks for.',
  sound: 'Nothing is concluded beyond what was seen.',
  silentWhen:
    'Another rule claims the reason. KubeletDown and RuntimeDown are only an info for the first 30 s: that is how long a restart takes.',
  claims: [],
  find(evidence) {
    const seen = evidence.problems.filter(({ check, problem }) => !claims.includes(`${check}/${problem.reason}`));
    const probes = Map.groupBy(
      living(seen.filter(({ check, problem: { subject } }) => PROBES.has(check) && subject !== undefined)),
      ({ check, problem }) => JSON.stringify([check, problem.reason, problem.subject]),
    );
    const shared = [...probes.values()].filter(({ length }) => length > 1);
    const told = new Set(shared.flat());
    return [
      ...seen
        .filter((one) => !told.has(one))
        .map((one) => {
          const draft = asCheckSays(evidence, one);
          return RESTARTED.has(`${one.check}/${one.problem.reason}`) ? orRestart(draft, evidence.now) : draft;
        }),
      ...shared.map((those) => asNodesSay(evidence, those)),
    ];
  },
});

/** The finding for one problem in the words of its check. */
export function asCheckSays(evidence: Evidence, seen: SeenProblem): Draft {
  const { reason, subject } = seen.problem;
  const summary = evidence.catalogue.reason(seen.check, reason)?.summary ?? reason;
  const about = subject === undefined ? '' : ` (${subject})`;
  const severity = seen.problem.severity === 'info' ? 'info' : 'warning';
  return draftFor(evidence, seen, reason, severity, `${seen.node}: ${summary.replace(/\.$/, '')}${about}`);
}

/** @param problems of one probe, by the names of their nodes; at least two */
function asNodesSay(evidence: Evidence, problems: readonly SeenProblem[]): Draft {
  const [{ check, problem }] = problems as [SeenProblem, ...SeenProblem[]];
  const looking = lookingNodes(evidence, check);
  const draft = mergedDraft(evidence, problems, problem.reason, (nodes) => {
    const where = nodes.length < looking ? ` (${formatNames(nodes)})` : '';
    const all = `${nodes.length} of ${looking} nodes with ${evidence.catalogue.title(check)}`;
    return `The probe ${problem.subject} fails on ${all}${where}`;
  });
  return { ...draft, nodes: draft.observers };
}
