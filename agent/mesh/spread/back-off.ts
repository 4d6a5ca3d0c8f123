/** Neighbours with whom exchanges fail are left alone for a while, longer each time, and never for good. */
import { BoundedMap } from '../envelope/bounded-map.ts';
import type { ExchangeFault } from './link.ts';

export interface BackOff {
  failed(peerId: string, fault: ExchangeFault, now: number): void;
  succeeded(peerId: string): void;
  /** A new connection: what was wrong with the old one is over. A neighbour that broke the rules still waits. */
  reconnected(peerId: string): void;
  /** True while the neighbour is left alone. */
  isWaiting(peerId: string, now: number): boolean;
  /**
   * True while it is not served either. Who waits because a connection ended is: that it asks shows that there is another
   * one. Who kept an exchange open for nothing is not.
   */
  isShunned(peerId: string, now: number): boolean;
}

interface Wait {
  readonly failures: number;
  readonly until: number;
  readonly brokeRules: boolean;
  /** The connection ended, and nothing else was wrong. */
  readonly isOver: boolean;
}

const FIRST_MS = 5000;
const LONGEST_MS = 30_000;
const LONGEST_FOR_BREAKING_RULES_MS = 300_000;
const MAX_NEIGHBOURS = 256;
const RULES: ReadonlySet<ExchangeFault> = new Set(['malformed', 'too-large', 'unasked', 'rejected']);

export function createBackOff(): BackOff {
  const waits = new BoundedMap<string, Wait>(MAX_NEIGHBOURS);
  const isWaiting = (peerId: string, now: number): boolean => now < (waits.get(peerId)?.until ?? -Infinity);
  const clear = (peerId: string): void => {
    if (waits.get(peerId) !== undefined)
      waits.set(peerId, { failures: 0, until: -Infinity, brokeRules: false, isOver: true });
  };
  return {
    failed(peerId, fault, now) {
      // It works, and says so.
      if (fault === 'busy') return;
      const before = waits.get(peerId);
      const failures = (before?.failures ?? 0) + 1;
      const brokeRules = before?.brokeRules === true || RULES.has(fault);
      const longest = brokeRules ? LONGEST_FOR_BREAKING_RULES_MS : LONGEST_MS;
      const until = now + Math.min(longest, FIRST_MS * 2 ** Math.min(failures - 1, 16));
      waits.set(peerId, { failures, until, brokeRules, isOver: fault === 'closed' && !brokeRules });
    },
    succeeded: clear,
    reconnected(peerId) {
      if (waits.get(peerId)?.brokeRules === false) clear(peerId);
    },
    isWaiting,
    isShunned: (peerId, now) => isWaiting(peerId, now) && waits.get(peerId)?.isOver === false,
  };
}
