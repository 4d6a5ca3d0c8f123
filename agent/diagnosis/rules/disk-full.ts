import { type Rule, claimed, draftFor } from '../rule.ts';

const CLAIMS = [
  'disk-space/DiskFull',
  'disk-space/DiskAlmostFull',
  'disk-space/InodesFull',
  'disk-space/InodesAlmostFull',
];

export const diskFull: Rule = {
  reason: 'DiskFull',
  severity: 'warning',
  concludes: 'A file system has no or little room left, in bytes or in inodes.',
  from: 'statfs(2) on the mounts of local file systems.',
  sound: 'The figures are the kernel’s own.',
  silentWhen: 'Network file systems and those of single pods: they may hang, and they are not the node’s.',
  claims: CLAIMS,
  find: (evidence) =>
    claimed(evidence, CLAIMS).map((seen) =>
      draftFor(
        evidence,
        seen,
        'DiskFull',
        'warning',
        `${seen.problem.subject ?? 'A file system'} on ${seen.node} runs out of room`,
      ),
    ),
};
