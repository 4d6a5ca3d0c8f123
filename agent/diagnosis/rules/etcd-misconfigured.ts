import { nodeAt } from '../etcd-sights.ts';
import { living } from '../instances.ts';
import { mergedDraft } from '../merged-draft.ts';
import { type Evidence, type Rule, type SeenProblem, claimed } from '../rule.ts';
import { formatNames } from '../words.ts';

const CLAIMS = ['etcd/EtcdMisconfigured'];
/** Claimed by EtcdQuorumLost and EtcdMemberDown. */
const ALONE = ['etcd/EtcdNoLeader'];

export const etcdMisconfigured: Rule = {
  reason: 'EtcdMisconfigured',
  severity: 'warning',
  concludes: 'Members of etcd do not fit together, or not with the API server: a cluster id, an address, an authority.',
  from: 'What a member’s list of members says, against what answers there; the files that etcd and the API server are started with.',
  sound: 'Only who answers elsewhere is said not to answer where it should; ids are those that etcd itself gives.',
  silentWhen:
    'The other member does not answer at all: that it is down is for its own node to say, or for who has lost it. Said of others by a member that misses the majority, while those that have it say it of that one: it is the one that differs.',
  claims: CLAIMS,
  // Each member sees the same of a third one.
  find: (evidence) =>
    [...Map.groupBy(accusations(evidence), placeOf).values()].map((seen) => {
      const draft = mergedDraft(evidence, seen, 'EtcdMisconfigured', whatIsSeenBy);
      return { ...draft, node: draft.observers[0] ?? draft.node };
    }),
};

/**
 * After a restore of two members of three the one that was left on old data says of the two what they say of it. Who follows
 * the wrong word moves the good ones away.
 */
function accusations(evidence: Evidence): readonly SeenProblem[] {
  const seen = living(claimed(evidence, CLAIMS));
  const alone = new Set(living(claimed(evidence, ALONE)).map(({ node }) => node));
  const isOfFile = ({ problem: { subject = '' } }: SeenProblem): boolean => subject.startsWith('/');
  const believed = seen.filter((one) => !isOfFile(one) && !alone.has(one.node));
  // Where nobody knows whose an address is, it is that of whoever is alone.
  const accused = believed.map(({ problem: { subject = '' } }) => nodeAt(evidence, subject));
  const isAccused = (node: string): boolean => accused.some((one) => one === undefined || one === node);
  return seen.filter((one) => isOfFile(one) || !alone.has(one.node) || !isAccused(one.node));
}

/** An address is one for all; a file is its node's own. */
const placeOf = ({ node, problem: { subject = '' } }: SeenProblem): string =>
  subject.startsWith('/') ? `${node} ${subject}` : subject;

const whatIsSeenBy = (observers: readonly string[]): string =>
  `The settings of etcd do not fit together, as seen from ${formatNames(observers)}`;
