/** Every rule, in the order of the documentation. */
import type { Rule } from './rule.ts';
import { agentImpaired } from './rules/agent-impaired.ts';
import { checkLeftOut } from './rules/check-left-out.ts';
import { diskFull } from './rules/disk-full.ts';
import { diskStalled } from './rules/disk-stalled.ts';
import { etcdMemberDown } from './rules/etcd-member-down.ts';
import { etcdQuorumLost } from './rules/etcd-quorum-lost.ts';
import { storeSetAside } from './rules/store-set-aside.ts';
import { storeUnavailable } from './rules/store-unavailable.ts';
import { unclaimed } from './rules/unclaimed.ts';

const SPECIFIC: readonly Rule[] = [
  etcdQuorumLost,
  etcdMemberDown,
  diskFull,
  diskStalled,
  storeUnavailable,
  storeSetAside,
  agentImpaired,
  checkLeftOut,
];

export const RULES: readonly Rule[] = [...SPECIFIC, unclaimed(SPECIFIC.flatMap((rule) => rule.claims))];
