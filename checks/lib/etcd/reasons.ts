/** What the etcd check reports. */
import type { ReasonSpec } from '../../types.ts';
import { WITHIN_K3S } from '../units.ts';
import { BY_HAND, ETCD_HEALTH, etcdctl } from './by-hand.ts';
import { GONE_FOR_MS, MEMBERS_EVERY_MS } from './depth.ts';
import { METRICS_EVERY_MS } from './observe.ts';
import { WRITES_WINDOW_MS } from './writes.ts';

export type EtcdReason =
  | 'EtcdDown'
  | 'EtcdHung'
  | 'EtcdNoLeader'
  | 'EtcdNoSpace'
  | 'EtcdNearQuota'
  | 'EtcdCorrupt'
  | 'EtcdUnhealthy'
  | 'EtcdSlow'
  | 'EtcdLeaderFlapping'
  | 'EtcdMisconfigured'
  | 'EtcdMemberGone'
  | 'EtcdRevisionWentBack';

/** One interval of the check: two reads have to say it. */
const SECOND_READ_MS = 3000;

export const ETCD_REASONS: Readonly<Record<EtcdReason, ReasonSpec>> = {
  EtcdDown: {
    severity: 'critical',
    summary: 'The etcd member of this node does not run.',
    remedy: `Look why with \`crictl ps -a --name etcd\` and \`crictl logs CONTAINER\`, or \`journalctl -u etcd -n 100\`; ${WITHIN_K3S}. A full disk and an expired certificate are the usual causes. Keep its data directory.`,
  },
  EtcdHung: {
    severity: 'critical',
    summary: 'The etcd member of this node accepts connections and does not answer.',
    remedy:
      'See whether it is stopped or waits for its disk (`ps -o stat,wchan -C etcd`: T is stopped, D waits for the disk). A member that starts while the majority is away is silent too: look at the other members first. It is also silent while it is defragmented.',
  },
  EtcdNoLeader: {
    severity: 'critical',
    summary: 'The etcd member of this node runs and reaches no majority: nothing can be written.',
    remedy: `Start the other members or repair the way to them (port 2380). Which of them run says \`${ETCD_HEALTH}\` on each master, and on this one \`${etcdctl('--endpoints=https://A:2379,https://B:2379 endpoint status -w table')}\` with the addresses of the masters (${BY_HAND}). Only when a majority is lost for good, restore as https://etcd.io/docs/latest/op-guide/recovery/ says.`,
  },
  EtcdNoSpace: {
    severity: 'critical',
    summary: 'The database of etcd reached its quota: every write is refused.',
    remedy: `Compact to the revision that \`${etcdctl('endpoint status -w json')}\` shows, defragment one master after the other, then disarm the alarm: the lines are under “etcd is full” in docs/operations.md. Raise --quota-backend-bytes if the data is really needed.`,
  },
  EtcdNearQuota: {
    severity: 'warning',
    summary: 'The database of etcd comes near its quota, at which every write is refused.',
    remedy: `On one master after the other \`${etcdctl('--command-timeout=120s defrag')}\`, during which that member is silent; find what grows (often Events or one custom resource), or raise --quota-backend-bytes. See “etcd is full” in docs/operations.md.`,
  },
  EtcdCorrupt: {
    severity: 'critical',
    summary: 'The members of etcd hold different data, as etcd says itself.',
    remedy: `Find the member that differs with \`${etcdctl('endpoint hashkv --cluster')}\`, take it out and let it join again empty; keep a snapshot of a good one. The steps: https://etcd.io/docs/latest/op-guide/data_corruption/ (recovery).`,
  },
  EtcdUnhealthy: {
    severity: 'critical',
    summary: 'The etcd member of this node answers that it is not healthy.',
    remedy: `Read its log (\`crictl logs CONTAINER\` or \`journalctl -u etcd -n 100\`; ${WITHIN_K3S}), and while there is a majority \`${etcdctl('alarm list')}\` (${BY_HAND}).`,
  },
  EtcdSlow: {
    severity: 'warning',
    summary: 'The etcd member of this node takes long to write to its disk.',
    remedy:
      'Look at the disk below its data directory with `iostat -x 5` and at who else writes there with `pidstat -d 5`; give etcd a disk of its own, on a cloud volume with guaranteed operations. Leaders change and the API server waits when a write takes longer than an election, 1 s by default.',
    windowMs: WRITES_WINDOW_MS,
  },
  EtcdLeaderFlapping: {
    severity: 'warning',
    summary: 'The members of etcd elect a leader again and again.',
    remedy: `Look for EtcdSlow on any member, for loss between the masters (port 2380) and for masters without CPU: on each of them \`${etcdctl('endpoint status -w table')}\` shows leader and term, and the log says who lost whom.`,
    windowMs: METRICS_EVERY_MS,
  },
  EtcdMisconfigured: {
    severity: 'warning',
    summary:
      'The members of etcd do not fit together, or not with the API server: a cluster id, an address, an authority.',
    remedy: `Of two cluster ids first decide which one the majority and the API servers use, and touch only members of the other one, one at a time: take a snapshot, move its data directory and never delete it (“Members of two clusters” in docs/operations.md). Else compare \`${etcdctl('member list -w table')}\` with --initial-advertise-peer-urls, --advertise-client-urls and --trusted-ca-file of each member; an address is mended with \`member update\`.`,
    windowMs: MEMBERS_EVERY_MS,
  },
  EtcdMemberGone: {
    severity: 'warning',
    summary: 'Another member of etcd does not run, as this one sees it: nobody listens at its addresses.',
    remedy: `Look on its node why (\`crictl ps -a --name etcd\`, \`journalctl -u etcd -n 100\`). While the others have a majority, and never without one: where it is gone for good take it out with \`${etcdctl('member remove ID')}\`, because it counts for the majority as long as it is listed.`,
    windowMs: MEMBERS_EVERY_MS + GONE_FOR_MS,
  },
  EtcdRevisionWentBack: {
    severity: 'warning',
    summary:
      'The data of etcd are older than they were: API servers, controllers and kubelets that remember newer revisions miss what changes.',
    remedy:
      'After a restore restart every API server first, then controller-manager, scheduler, all kubelets and the pods of the network (CNI) and of operators. It is told for an hour, or until the revision has passed the old one. The next time restore with `etcdutl snapshot restore --bump-revision 1000000000 --mark-compacted`: https://etcd.io/docs/latest/op-guide/recovery/.',
    windowMs: SECOND_READ_MS,
  },
};
