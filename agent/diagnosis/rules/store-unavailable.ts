import type { Rule } from '../rule.ts';

const STATES: Readonly<Record<string, string>> = {
  full: 'has no space left',
  'read-only': 'is on a read-only file system',
  failed: 'cannot be used',
};

/** The agent itself goes on in memory; what is lost is history. */
export const storeUnavailable: Rule = {
  reason: 'StoreUnavailable',
  severity: 'warning',
  concludes: 'The agent on this node cannot keep its history: status goes on from memory, charts have a gap.',
  from: "The store's own state: full, read-only or failed.",
  sound: 'The state is the error of the store’s last write.',
  silentWhen: 'The store is still opening, or its disk stalls: the latter is DiskStalled.',
  claims: [],
  find({ state: { store, self } }) {
    const what = STATES[store.state];
    if (what === undefined) return [];
    return [
      {
        reason: 'StoreUnavailable',
        severity: 'warning',
        nodeSeverity: 'warning',
        node: self,
        sentence: `The agent's store on ${self} ${what}: ${store.message}`,
        since: store.since,
        observers: [self],
        dissent: [],
        evidence: [`store on ${self}: ${store.state}: ${store.message}`],
        alternatives: [],
        next: [`Make room in, or repair, ${store.directory}; the agent notices by itself: df -h ${store.directory}`],
        intervalMs: 10_000,
      },
    ];
  },
};
