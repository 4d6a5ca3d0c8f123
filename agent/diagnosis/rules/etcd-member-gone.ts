import { MEMBER_GONE, type MemberSight, memberSights } from '../etcd-sights.ts';
import { mergedDraft } from '../merged-draft.ts';
import type { Draft, Evidence, Rule } from '../rule.ts';
import { formatNames } from '../words.ts';
import { etcdQuorumLost } from './etcd-quorum-lost.ts';

/** Whoever removes a node takes its member out by then, and a node that is not known yet is. */
const LASTS_MS = 600_000;
/** A list of members is changed by a majority alone, and who forces it loses data. */
const BRING_BACK = 'First bring the quorum back: until then no member can be taken out';

export const etcdMemberGone: Rule = {
  reason: 'EtcdMemberGone',
  severity: 'warning',
  concludes:
    'etcd counts on a member that is on no node that is known, or on one that has no etcd: as long as it is listed, one failure less is survived.',
  from: 'Nobody listens for 10 min where other members list it, neither for clients nor for peers.',
  sound: 'Both ports refuse, so that a host is there that answers, and no firewall that keeps clients away.',
  silentWhen:
    'A node is known that has the address and says that its member runs or fails, or whose agent is silent: that is EtcdMemberDown, or nothing.',
  claims: MEMBER_GONE,
  find: (evidence) =>
    memberSights(evidence)
      .filter(({ home, seen }) => (home === 'absent' || home === 'unclear') && seen.length > 0)
      .map((sight) => draftOf(evidence, sight))
      .filter(({ since }) => evidence.now - since >= LASTS_MS),
};

function draftOf(evidence: Evidence, { place, seen }: MemberSight): Draft {
  const draft = mergedDraft(
    evidence,
    seen,
    'EtcdMemberGone',
    (observers) => `etcd lists a member at ${place} that is gone, as seen from ${formatNames(observers)}`,
  );
  const isQuorumLost = etcdQuorumLost.find(evidence).some(({ endedMs }) => endedMs === undefined);
  const next = isQuorumLost ? [BRING_BACK] : draft.next;
  return { ...draft, nodes: draft.observers, node: draft.observers[0] ?? draft.node, next };
}
