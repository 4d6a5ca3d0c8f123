import { instancesOf, living, noneWorks, together } from '../instances.ts';
import { type Draft, type Evidence, type Rule, type SeenProblem, claimed, draftFor } from '../rule.ts';

const CLAIMS = ['apiserver/ApiserverDown', 'apiserver/ApiserverHung', 'apiserver/ApiserverUnhealthy'];

const STATES: Readonly<Record<string, string>> = {
  ApiserverDown: 'is down',
  ApiserverHung: 'does not answer',
  ApiserverUnhealthy: 'is not healthy',
};

export const apiserverDown: Rule = {
  reason: 'ApiserverDown',
  severity: 'critical',
  concludes: 'An API server does not serve: a warning while another one does, critical when none is left.',
  from: 'Nobody listens on the port of an API server that belongs there, or it accepts and does not answer, or answers nonsense. None is left when each that is known does not serve, or is on a host that is lost.',
  sound: 'The port is looked at on the node itself, twice, and configuration, a manifest or memory names the server.',
  silentWhen:
    'No API server was ever seen, as where the control plane is somebody else’s. One that is unknown, late or overdue counts as one that may serve.',
  claims: CLAIMS,
  find(evidence) {
    const seen = claimed(evidence, CLAIMS);
    const [first, ...others] = living(seen);
    const ended = seen.filter(({ endedMs }) => endedMs !== undefined).map((one) => draftOf(evidence, one, 'warning'));
    if (first === undefined) return ended;
    if (!noneWorks(instancesOf(evidence, 'apiserver')))
      return [...[first, ...others].map((one) => draftOf(evidence, one, 'warning')), ...ended];
    const drafts = others.map((one) => draftOf(evidence, one, 'critical'));
    return [together([draftOf(evidence, first, 'critical'), ...drafts], 'No API server serves, not those'), ...ended];
  },
};

const draftOf = (evidence: Evidence, seen: SeenProblem, severity: 'warning' | 'critical'): Draft =>
  draftFor(
    evidence,
    seen,
    'ApiserverDown',
    severity,
    `The API server on ${seen.node} ${STATES[seen.problem.reason] ?? 'is down'}`,
  );
