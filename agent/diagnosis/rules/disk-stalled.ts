import { type Draft, type Rule, claimed, draftFor } from '../rule.ts';
import { type SeenStore, storesOf } from '../stores.ts';

const CLAIMS = ['disk-latency/DiskStalled'];

export const diskStalled: Rule = {
  reason: 'DiskStalled',
  severity: 'warning',
  concludes: "Writes to the disk that holds the agent's data do not come back.",
  from: "The store's own small write and fdatasync, or a batch of the store that was not acknowledged for 5 s.",
  sound: 'The write is made by the store itself, so a slow reader elsewhere cannot be mistaken for a stalled disk.',
  silentWhen: 'The store says that its disk is full or read-only: that is StoreUnavailable.',
  claims: CLAIMS,
  find(evidence) {
    const seen = claimed(evidence, CLAIMS).map((problem) => {
      const sentence = `The disk on ${problem.node} does not take writes`;
      // One finding with that of the store, which of another node does not say where it is.
      const { subject: _, ...draft } = draftFor(evidence, problem, 'DiskStalled', 'warning', sentence);
      return draft;
    });
    const known = new Set(seen.map(({ node }) => node));
    const stalled = storesOf(evidence.state).filter(({ node, state }) => state === 'stalled' && !known.has(node));
    return [...seen, ...stalled.map(fromStore)];
  },
};

/** The store notices before the check's second run does. */
function fromStore({ node, since, message, directory }: SeenStore): Draft {
  const device = directory === undefined ? `the agent's data on ${node}` : directory;
  return {
    reason: 'DiskStalled',
    severity: 'warning',
    nodeSeverity: 'critical',
    node,
    check: 'disk-latency',
    sentence: `The disk on ${node} does not take writes: ${message}`,
    since,
    observers: [node],
    dissent: [],
    evidence: [`store on ${node}: ${message}`],
    alternatives: [],
    next: [`Look at the device under ${device}: dmesg | tail; iostat -x 1 3; cat /proc/pressure/io`],
    intervalMs: 5000,
  };
}
