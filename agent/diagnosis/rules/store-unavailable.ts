import type { StoreHealth } from '../../model/store-health.ts';
import type { Draft, Rule } from '../rule.ts';
import { type SeenStore, storesOf } from '../stores.ts';

/** A store that needs longer than this to open does not open. */
const OPENS_WITHIN_MS = 15_000;

interface Trouble {
  readonly what: string;
  /** The next command. */
  readonly next: (directory: string) => string;
}

const TROUBLES: Readonly<Partial<Record<StoreHealth['state'], Trouble>>> = {
  full: { what: 'has no space left', next: (directory) => `Make room: df -h ${directory}; df -i ${directory}` },
  'read-only': {
    what: 'is on a file system that takes no writes',
    next: (directory) => `See why: findmnt -T ${directory}; ls -ld ${directory}`,
  },
  failed: {
    what: 'cannot be used',
    next: (directory) => `See what is in the way, and whether another agent uses it: ls -la ${directory}`,
  },
  opening: {
    what: 'does not open',
    next: (directory) => `See whether the disk answers: ls -la ${directory}`,
  },
};

/** The agent itself goes on in memory; what is lost is history. */
export const storeUnavailable: Rule = {
  reason: 'StoreUnavailable',
  severity: 'warning',
  concludes: 'The agent on this node cannot keep its history: status goes on from memory, charts have a gap.',
  from: "The store's own state: full, read-only, failed, or still opening after 15 s.",
  sound: 'The state is the error of the store’s last write.',
  silentWhen: 'The store has just begun to open, or its disk stalls: the latter is DiskStalled.',
  claims: [],
  find: ({ state, now }) => storesOf(state).flatMap((store) => toDrafts(store, now)),
};

function toDrafts({ node, state, since, message, directory }: SeenStore, now: number): Draft[] {
  const trouble = TROUBLES[state];
  if (trouble === undefined || (state === 'opening' && now - since < OPENS_WITHIN_MS)) return [];
  const { what, next } = trouble;
  return [
    {
      reason: 'StoreUnavailable',
      severity: 'warning',
      nodeSeverity: 'warning',
      node,
      ...(directory !== undefined && { subject: directory }),
      sentence: `The agent's store on ${node} ${what}: ${message}`,
      since,
      observers: [node],
      dissent: [],
      evidence: [`store on ${node}: ${state}: ${message}`],
      alternatives: [],
      next: [
        directory === undefined
          ? `On ${node}: curl -s 127.0.0.1:7575/status, which names the directory and what to do`
          : `${next(directory)}; the agent notices by itself when it is mended`,
      ],
      intervalMs: 10_000,
    },
  ];
}
