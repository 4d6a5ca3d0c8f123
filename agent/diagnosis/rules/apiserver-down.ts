import {
  type Failing,
  failuresOf,
  howItFails,
  instancesOf,
  living,
  noneOf,
  noneWorks,
  orRestart,
} from '../instances.ts';
import { mergedDraft, withObservers } from '../merged-draft.ts';
import { type Draft, type Evidence, type Rule, type SeenProblem, claimed, draftFor } from '../rule.ts';
import { NEVER_SERVED } from '../etcd-causes.ts';
import { type ServerSight, serverSights, wasReadSince } from '../server-sights.ts';
import { formatNames } from '../words.ts';

const CLAIMS = failuresOf('apiserver', 'Apiserver');

/** Every check has run by then. */
const FIRST_LOOKS_MS = 15_000;
/** Others tell of it a minute and a look after it went. */
const TOLD_LATE_MS = 90_000;

type Severity = 'warning' | 'critical';

export const apiserverDown: Rule = {
  reason: 'ApiserverDown',
  severity: 'critical',
  concludes:
    'An API server does not serve: a warning while another one does, once that lasts longer than a restart; critical when none is left.',
  from: 'Nobody listens on the port of an API server that belongs there, or it accepts and does not answer, or answers nonsense. Where the agent beside it says nothing, every other node that looks was not answered at its address for a minute. None is left when each that is known does not serve, or is on a host that is lost.',
  sound:
    'The port is looked at on the node itself, twice, and configuration, a manifest or memory names the server. From elsewhere it takes the word of all that look, of which one reached it before.',
  silentWhen:
    'No API server was ever seen, as where the control plane is somebody else’s. One that is unknown, late or overdue counts as one that may serve, and so does that of a control-plane node that does not tell. Somebody still reads the Nodes. Only an info for 30 s while another one may serve. Nobody else reaches it, and its host is lost, comes or goes, or has had no agent for less than three minutes, as while it boots, or its own agent calls it well or cannot tell: the last two are ApiserverAddressBroken.',
  claims: CLAIMS,
  find(evidence) {
    const seen = claimed(evidence, CLAIMS);
    const sights = serverSights(evidence);
    const unseen = sights.filter(
      ({ home, verdict, node }) => home === 'silent' && verdict === 'all' && node !== undefined,
    );
    const ended = seen.filter(({ endedMs }) => endedMs !== undefined).map((one) => draftOf(evidence, one, 'warning'));
    const failing = (severity: Severity): Failing[] => [
      ...living(seen).map((one) => ({
        draft: alsoSeen(draftOf(evidence, one, severity), sights),
        how: howItFails(one),
      })),
      ...unseen.map((one) => ({ draft: draftFromElsewhere(evidence, one, severity), how: howOthersSee(one) })),
    ];
    const [first, ...others] = failing('critical');
    if (first === undefined) return ended;
    const instances = instancesOf(evidence, 'apiserver', new Set(unseen.flatMap(({ node }) => node ?? [])));
    const last = Math.max(...[first, ...others].map(({ draft }) => draft.since));
    if (!noneWorks(instances) || wasReadSince(evidence, last))
      return [...failing('warning').map(({ draft }) => orRestart(draft, evidence.now)), ...ended];
    return [noneOf([first, ...others], instances, 'No API server serves'), ...ended];
  },
};

/** With whether anybody saw it work: one that never did may have ended for want of something long ago. */
function draftOf(evidence: Evidence, seen: SeenProblem, severity: Severity): Draft {
  const { node, check, problem } = seen;
  const draft = draftFor(evidence, seen, 'ApiserverDown', severity, `The API server on ${node} ${howItFails(seen)}`);
  const startedAt = evidence.state.nodes.find(({ report }) => report.node === node)?.report.startedAt ?? -Infinity;
  if (problem.since > startedAt + FIRST_LOOKS_MS) return draft;
  return { ...draft, evidence: [...draft.evidence, `${check} on ${node}: ${NEVER_SERVED}`] };
}

/** With what others see of it at its address. */
const alsoSeen = (draft: Draft, sights: readonly ServerSight[]): Draft =>
  withObservers(
    draft,
    sights.filter(({ node }) => node === draft.node).flatMap(({ failing }) => failing),
  );

const howOthersSee = ({ failing }: ServerSight): string =>
  failing.every(({ problem }) => /nobody listens/.test(problem.message)) ? 'is down' : 'does not answer';

/** @param sight of a node whose agent says nothing */
function draftFromElsewhere(evidence: Evidence, sight: ServerSight, severity: Severity): Draft {
  const { node = '', address, failing } = sight;
  const how = howOthersSee(sight);
  const { subject: _subject, ...draft } = mergedDraft(
    evidence,
    failing,
    'ApiserverDown',
    (observers) => `The API server on ${node} ${how} at ${address} as seen from ${formatNames(observers)}`,
  );
  return {
    ...draft,
    severity,
    nodeSeverity: 'critical',
    node,
    beganWith: draft.since - TOLD_LATE_MS,
    alternatives: how === 'is down' ? [] : [`${node} is cut off from the others`, 'its host hangs'],
  };
}
