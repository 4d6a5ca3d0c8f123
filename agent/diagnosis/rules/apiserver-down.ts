import {
  type Failing,
  failuresOf,
  howItFails,
  instancesOf,
  lastSince,
  living,
  noneOf,
  noneWorks,
} from '../instances.ts';
import { type Draft, type Evidence, type Rule, type SeenProblem, claimed, draftFor } from '../rule.ts';

const CLAIMS = failuresOf('apiserver', 'Apiserver');

/** What was read may have been on its way, and a fault is dated from its first look. */
const READ_LATE_MS = 10_000;

export const apiserverDown: Rule = {
  reason: 'ApiserverDown',
  severity: 'critical',
  concludes: 'An API server does not serve: a warning while another one does, critical when none is left.',
  from: 'Nobody listens on the port of an API server that belongs there, or it accepts and does not answer, or answers nonsense. None is left when each that is known does not serve, or is on a host that is lost.',
  sound: 'The port is looked at on the node itself, twice, and configuration, a manifest or memory names the server.',
  silentWhen:
    'No API server was ever seen, as where the control plane is somebody else’s. One that is unknown, late or overdue counts as one that may serve, and so does that of a control-plane node that does not tell. Somebody still reads the Nodes.',
  claims: CLAIMS,
  find(evidence) {
    const seen = claimed(evidence, CLAIMS);
    const [first, ...others] = living(seen);
    const ended = seen.filter(({ endedMs }) => endedMs !== undefined).map((one) => draftOf(evidence, one, 'warning'));
    if (first === undefined) return ended;
    const instances = instancesOf(evidence, 'apiserver');
    if (!noneWorks(instances) || wasReadSince(evidence, lastSince([first, ...others])))
      return [...[first, ...others].map((one) => draftOf(evidence, one, 'warning')), ...ended];
    const failing = (one: SeenProblem): Failing => ({
      draft: draftOf(evidence, one, 'critical'),
      how: howItFails(one),
    });
    return [noneOf([failing(first), ...others.map(failing)], instances, 'No API server serves'), ...ended];
  },
};

/** A reader of the Nodes had an answer after that moment: some API server serves, known or not. */
const wasReadSince = ({ now, state: { kube } }: Evidence, since: number): boolean =>
  kube?.roster?.isCurrent === true && now - kube.roster.ageMs > since + READ_LATE_MS;

const draftOf = (evidence: Evidence, seen: SeenProblem, severity: 'warning' | 'critical'): Draft =>
  draftFor(evidence, seen, 'ApiserverDown', severity, `The API server on ${seen.node} ${howItFails(seen)}`);
