/** How many messages a destination may still get: exact over any minute, so that no burst ends in a robot that takes none. */
import type { Clock } from '../../base/clock.ts';

export interface Allowance {
  /**
   * Takes one, or says after how long to ask again, ms.
   *
   * @param apartMs two are never closer together
   */
  take(destination: string, perMinute: number, apartMs?: number): { readonly kind: 'taken' } | Waiting;
  /** Nothing more goes there for so long, ms: the other side has said so. */
  pause(destination: string, forMs: number): void;
}

interface Waiting {
  readonly kind: 'wait';
  readonly forMs: number;
  /** The other side has asked for it. */
  readonly isPaused: boolean;
}

interface Account {
  /** When messages were sent within the last minute, monotonic ms; the oldest first. */
  readonly sentAt: number[];
  pausedUntil: number;
}

const MINUTE_MS = 60_000;
/**
 * What was sent is not remembered over a restart, so the first minute is taken for one in which all but these were sent:
 * 15 before and 5 after are no more than the 20 that DingTalk allows.
 */
const FIRST_MINUTE = 5;
/** Destinations change with their tokens; the one first seen goes. */
const MOST_ACCOUNTS = 64;

export function createAllowance(clock: Pick<Clock, 'monotonic'>): Allowance {
  const startedAt = clock.monotonic();
  const accounts = new Map<string, Account>();
  const accountOf = (destination: string): Account => {
    const known = accounts.get(destination);
    if (known !== undefined) return known;
    const account: Account = { sentAt: [], pausedUntil: -Infinity };
    accounts.set(destination, account);
    const [oldest] = accounts.keys();
    if (accounts.size > MOST_ACCOUNTS && oldest !== undefined) accounts.delete(oldest);
    return account;
  };
  return {
    take(destination, perMinute, apartMs = 0) {
      const now = clock.monotonic();
      const account = accountOf(destination);
      const { sentAt, pausedUntil } = account;
      if (now < pausedUntil) return { kind: 'wait', forMs: pausedUntil - now, isPaused: true };
      while ((sentAt[0] ?? Infinity) <= now - MINUTE_MS) sentAt.shift();
      const firstMinuteEnds = startedAt + MINUTE_MS;
      const isFirstMinute = now < firstMinuteEnds;
      const most = isFirstMinute ? Math.min(FIRST_MINUTE, perMinute) : perMinute;
      if (sentAt.length >= most) {
        // So many of them must be older than a minute.
        const next = (sentAt[sentAt.length - most] ?? now) + MINUTE_MS;
        return { kind: 'wait', forMs: (isFirstMinute ? Math.min(next, firstMinuteEnds) : next) - now, isPaused: false };
      }
      const nextMs = (sentAt.at(-1) ?? -Infinity) + apartMs;
      if (now < nextMs) return { kind: 'wait', forMs: nextMs - now, isPaused: false };
      sentAt.push(now);
      return { kind: 'taken' };
    },
    pause(destination, forMs) {
      const account = accountOf(destination);
      account.pausedUntil = Math.max(account.pausedUntil, clock.monotonic() + forMs);
    },
  };
}
