import { type Draft, type Evidence, type Rule, claimed, draftFor } from '../rule.ts';

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
    const seen = claimed(evidence, CLAIMS).map((problem) =>
      draftFor(evidence, problem, 'DiskStalled', 'warning', `The disk on ${problem.node} does not take writes`),
    );
    return seen.some((draft) => draft.node === evidence.state.self) ? seen : [...seen, ...fromStore(evidence)];
  },
};

/** The store notices before the check's second run does. */
function fromStore({ state }: Evidence): Draft[] {
  const { store, self } = state;
  if (store.state !== 'stalled') return [];
  return [
    {
      reason: 'DiskStalled',
      severity: 'warning',
      nodeSeverity: 'critical',
      node: self,
      check: 'disk-latency',
      sentence: `The disk on ${self} does not take writes: ${store.message}`,
      since: store.since,
      observers: [self],
      dissent: [],
      evidence: [`store on ${self}: ${store.message}`],
      alternatives: [],
      next: [`Look at the device under ${store.directory}: dmesg | tail; iostat -x 1 3; cat /proc/pressure/io`],
      intervalMs: 5000,
    },
  ];
}
