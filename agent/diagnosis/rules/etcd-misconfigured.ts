import { living } from '../instances.ts';
import { mergedDraft } from '../merged-draft.ts';
import { type Rule, type SeenProblem, claimed } from '../rule.ts';
import { formatNames } from '../words.ts';

const CLAIMS = ['etcd/EtcdMisconfigured'];

export const etcdMisconfigured: Rule = {
  reason: 'EtcdMisconfigured',
  severity: 'warning',
  concludes: 'Members of etcd do not fit together, or not with the API server: a cluster id, an address, an authority.',
  from: 'What a member’s list of members says, against what answers there; the files that etcd and the API server are started with.',
  sound: 'Only who answers elsewhere is said not to answer where it should; ids are those that etcd itself gives.',
  silentWhen:
    'The other member does not answer at all: that it is down is for its own node to say, or for who has lost it.',
  claims: CLAIMS,
  // Each member sees the same of a third one.
  find: (evidence) =>
    [...Map.groupBy(living(claimed(evidence, CLAIMS)), placeOf).values()].map((seen) => {
      const draft = mergedDraft(evidence, seen, 'EtcdMisconfigured', whatIsSeenBy);
      return { ...draft, node: draft.observers[0] ?? draft.node };
    }),
};

/** An address is one for all; a file is its node's own. */
const placeOf = ({ node, problem: { subject = '' } }: SeenProblem): string =>
  subject.startsWith('/') ? `${node} ${subject}` : subject;

const whatIsSeenBy = (observers: readonly string[]): string =>
  `The settings of etcd do not fit together, as seen from ${formatNames(observers)}`;
