/**
 * The Lease that this node's kubelet renews. Not every agent of a large cluster can look at its own: agents do where there
 * are few, and elsewhere those whose Node the control plane has begun to doubt, where these are few.
 */
import type { Member } from '../model/member.ts';
import type { HeardRoster, LeaseState } from '../model/roster.ts';
import { intervalMs } from './budget.ts';
import { type LeaseDeps, NODE_LEASES, createLeaseWatch } from './leases.ts';

export interface OwnLease {
  /** To be called again and again. @param lookers how many agents look at theirs; undefined: that is not known */
  review(lookers: number | undefined): void;
  /** Undefined: nobody looks, or nothing can be told yet. */
  state(): LeaseState | undefined;
  stop(): void;
}

/** Who would look more seldom does not: between two looks the API may have been away. */
const SELDOM_MS = 20_000;
const GAP_MS = 30_000;

export function createOwnLease(node: string, deps: Omit<LeaseDeps, 'onChange'>): OwnLease {
  let paceMs = Infinity;
  const lease = createLeaseWatch({ ...NODE_LEASES, gapMs: GAP_MS, paceMs: () => paceMs }, { ...deps, onChange() {} });
  return {
    review(lookers) {
      paceMs = lookers === undefined ? Infinity : intervalMs('ownLease', lookers);
      lease.follow(paceMs <= SELDOM_MS ? [node] : []);
    },
    state: () => lease.of(node),
    stop: () => lease.stop(),
  };
}

/**
 * How many agents look at their own Lease, this one among them; undefined where nobody reads the Nodes now.
 *
 * @param rosters those that are current, the first reader's first
 */
export function lookersOf(
  node: string,
  members: readonly Member[],
  [best]: readonly HeardRoster[],
): number | undefined {
  if (best === undefined) return undefined;
  const { nodes, entries, omitted } = best.roster;
  const all = Math.max(nodes, members.length);
  const doubted = entries.filter(({ ready }) => ready !== 'true');
  return doubted.some(({ name }) => name === node) ? Math.min(all, doubted.length + omitted) : all;
}
