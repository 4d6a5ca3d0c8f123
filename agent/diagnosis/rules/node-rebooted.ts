import { formatInstant } from '../../model/text.ts';
import type { Rule } from '../rule.ts';

const SHOWN_MS = 15 * 60_000;
/** Two clocks, and the time until a dead node was called so. */
const TOLERANCE_MS = 60_000;

export const nodeRebooted: Rule = {
  reason: 'NodeRebooted',
  severity: 'info',
  concludes: 'A node that was lost is back, and its host was started anew meanwhile.',
  from: 'The boot time that the node itself states, within the time in which it was lost.',
  sound: 'The boot time is the kernel’s own. A restart of the agent alone does not change it.',
  silentWhen: 'A new node, which nobody had lost; a host that ran on; more than 15 minutes ago.',
  claims: [],
  find: ({ mesh, now }) =>
    (mesh?.outages ?? []).flatMap(({ node, from, to, bootedAt, observers }) => {
      if (bootedAt === undefined || now - to >= SHOWN_MS) return [];
      if (bootedAt < from - TOLERANCE_MS || bootedAt > to + TOLERANCE_MS) return [];
      return [
        {
          reason: 'NodeRebooted',
          severity: 'info',
          nodeSeverity: 'info',
          node,
          sentence: `${node} was started anew at ${formatInstant(bootedAt, now)}`,
          since: bootedAt,
          observers: [...new Set([node, ...observers])].sort(),
          dissent: [],
          evidence: [`it was lost from ${formatInstant(from, now)} to ${formatInstant(to, now)}`],
          alternatives: [],
          next: [`See why: on ${node}, last -x reboot; journalctl -b -1 -n 50`],
          intervalMs: 10_000,
        },
      ];
    }),
};
