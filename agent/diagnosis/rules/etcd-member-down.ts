import { quorumHolders } from '../etcd-quorum.ts';
import { type MemberSight, memberSights } from '../etcd-sights.ts';
import { living, orRestart } from '../instances.ts';
import { mergedDraft, withObservers } from '../merged-draft.ts';
import { type Draft, type Evidence, type Rule, claimed, draftFor } from '../rule.ts';
import { formatNames } from '../words.ts';

const CLAIMS = ['etcd/EtcdDown', 'etcd/EtcdHung'];
/** Others look at it twice a minute, and wait until a restart would be over. */
const TOLD_LATE_MS = 120_000;
/** Claimed by EtcdQuorumLost, which it is where nobody has the majority. */
const ALONE = ['etcd/EtcdNoLeader'];

export const etcdMemberDown: Rule = {
  reason: 'EtcdMemberDown',
  severity: 'warning',
  concludes: 'The etcd member of a node does not serve. Whether the cluster still does is another question.',
  from: 'Nobody listens on the client port of a member that belongs there, or it accepts and does not answer; or it misses the majority while other members have it. Where the agent beside it says nothing, other members that list it: nobody listens on either of its ports.',
  sound: 'The port is looked at on the node itself, twice, and configuration, a manifest or memory names the member.',
  silentWhen:
    'No trace of etcd was ever seen on the node, or the agent may not ask it. Others do not find it, and its own agent says nothing of that; or its host is lost, leaves, comes, or has had no agent for less than three minutes, as while it boots; or nobody knows whose the address is: that is EtcdMemberGone. Only an info for the first 30 s while others hold the quorum: that is how long a restart takes.',
  claims: CLAIMS,
  find(evidence) {
    const sights = memberSights(evidence);
    const isHeld = quorumHolders(evidence).length > 0;
    return [
      ...claimed(evidence, CLAIMS).map((seen) => {
        const state = seen.problem.reason === 'EtcdHung' ? 'does not answer' : 'is down';
        const draft = draftFor(evidence, seen, 'EtcdMemberDown', 'warning', `The etcd member on ${seen.node} ${state}`);
        const others = sights.filter(({ node }) => node === seen.node).flatMap((sight) => sight.seen);
        if (seen.endedMs !== undefined) return draft;
        return withObservers(isHeld ? orRestart(draft, evidence.now) : draft, others);
      }),
      ...sights
        .filter(({ home, seen }) => home === 'silent' && seen.length > 0)
        .map((sight) => fromElsewhere(evidence, sight)),
      ...cutOff(evidence),
    ];
  },
};

/** @param sight of a node whose agent says nothing */
function fromElsewhere(evidence: Evidence, { node = '', seen }: MemberSight): Draft {
  const { subject: _subject, ...draft } = mergedDraft(
    evidence,
    seen,
    'EtcdMemberDown',
    (observers) => `The etcd member on ${node} is down as seen from ${formatNames(observers)}`,
  );
  // It is on a node that is known: it is to come back, and not to be taken out.
  const { remedy } = evidence.catalogue.reason('etcd', 'EtcdDown') ?? {};
  const next = remedy === undefined ? [] : [remedy];
  return { ...draft, nodeSeverity: 'critical', node, next, beganWith: draft.since - TOLD_LATE_MS };
}

function cutOff(evidence: Evidence): readonly Draft[] {
  const missing = living(claimed(evidence, ALONE));
  const holders = missing.length === 0 ? [] : quorumHolders(evidence);
  if (holders.length === 0) return [];
  const names = formatNames(holders);
  return missing.map((seen) => {
    const what = `The etcd member on ${seen.node} misses the majority, which ${names} ${holders.length === 1 ? 'has' : 'have'}`;
    const draft = draftFor(evidence, seen, 'EtcdMemberDown', 'warning', what);
    const next = [
      `On ${seen.node}: look at its disk (iostat -x 5), and at the way to port 2380 of ${names} and back`,
      ...draft.next,
    ];
    return { ...draft, dissent: holders, next };
  });
}
