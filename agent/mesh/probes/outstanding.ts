/** The pings of one target that may still be answered. */
import { MAX_PAUSES } from './deadline.ts';
import { ANSWER_TIMEOUT_MS } from './timing.ts';
import type { ProbeAddress } from './observation.ts';

export interface Ping {
  readonly nonce: number;
  readonly sequence: number;
  readonly address: ProbeAddress;
  /** Monotonic. */
  readonly sentAt: number;
  /** My clock then, Unix ms. */
  readonly originMs: number;
  deadlineAt: number;
  /** Its miss was reported; an answer would be late. */
  isOverdue: boolean;
  /** So many pauses of this process lie between the ping and its answer: no figure can be made of it. */
  pauses: number;
}

export interface Outstanding {
  add(ping: Pick<Ping, 'nonce' | 'sequence' | 'address' | 'sentAt' | 'originMs'>): void;
  /** Removes and returns the ping with this nonce, unless an answer to it is too old by now. */
  take(nonce: number, now: number): Ping | undefined;
  /** Removes and returns the oldest ping to this address whose deadline was not judged. */
  takeOldest(address: ProbeAddress): Ping | undefined;
  /** The next deadline after `now`; Infinity when there is none. */
  nextDeadlineAfter(now: number): number;
  hasExpired(now: number): boolean;
  /** Marks what expired as overdue and returns it, oldest first; forgets what nobody will answer any more. */
  expire(now: number): Ping[];
  /** Gives everything that is not overdue its full time once more, a few times. */
  rearm(now: number): void;
}

/** A late answer says that the peer lives and is slow; later than this it says nothing of now. */
const LATE_ANSWER_MS = 3000;

export function createOutstanding(): Outstanding {
  const pings = new Map<number, Ping>();
  const awaited = (): Ping[] => [...pings.values()].filter(({ isOverdue }) => !isOverdue);
  const isForgotten = (ping: Ping, now: number): boolean => ping.isOverdue && ping.sentAt < now - LATE_ANSWER_MS;
  return {
    add(ping) {
      pings.set(ping.nonce, {
        ...ping,
        deadlineAt: ping.sentAt + ANSWER_TIMEOUT_MS,
        isOverdue: false,
        pauses: 0,
      });
    },
    take(nonce, now) {
      const ping = pings.get(nonce);
      pings.delete(nonce);
      return ping === undefined || isForgotten(ping, now) ? undefined : ping;
    },
    takeOldest(address) {
      const oldest = awaited().find((ping) => ping.address === address);
      if (oldest !== undefined) pings.delete(oldest.nonce);
      return oldest;
    },
    nextDeadlineAfter(now) {
      let next = Infinity;
      for (const { isOverdue, deadlineAt } of pings.values()) {
        if (!isOverdue && deadlineAt > now && deadlineAt < next) next = deadlineAt;
      }
      return next;
    },
    hasExpired(now) {
      for (const { isOverdue, deadlineAt } of pings.values()) if (!isOverdue && deadlineAt <= now) return true;
      return false;
    },
    expire(now) {
      for (const ping of pings.values()) if (isForgotten(ping, now)) pings.delete(ping.nonce);
      const expired = awaited().filter(({ deadlineAt }) => deadlineAt <= now);
      for (const ping of expired) ping.isOverdue = true;
      return expired;
    },
    rearm(now) {
      for (const ping of awaited()) {
        ping.pauses += 1;
        if (ping.pauses <= MAX_PAUSES) ping.deadlineAt = now + ANSWER_TIMEOUT_MS;
      }
    },
  };
}
