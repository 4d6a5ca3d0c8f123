/**
 * Knocks of a responder: whether somebody is at the address of a new pod, as a pod sees it. A responder is no scanner of
 * ports: it tries one TCP connection to the discard port, to a unicast address that is not its own node's nor a loopback's,
 * once in ten seconds, and says only whether anybody was there. Who may ask is decided by who calls this.
 */
import { isSpecialAddress } from '../../../checks/lib/special-addresses.ts';
import type { Clock } from '../../base/clock.ts';
import type { KnockAt } from '../knock.ts';

export interface KnocksDeps {
  readonly clock: Clock;
  readonly knockAt: KnockAt;
  /** Of the own pod and of its node. */
  readonly own: readonly string[];
}

export interface Knocks {
  /** False: nobody answered. Undefined: it was not tried, or that says nothing of who is there. Never rejects. */
  at(address: string): Promise<boolean | undefined>;
}

const EVERY_MS = 10_000;
/** Linux sends the first packet again after a second. */
export const KNOCK_MS = 1200;
/** This process stood still. */
const LATE_MS = 300;
/** What else may go wrong is on this side: no route, a rule for what this pod sends. */
const SILENCE: ReadonlySet<string> = new Set(['no answer', 'EHOSTUNREACH', 'ETIMEDOUT']);

export function createKnocks({ clock, knockAt, own }: KnocksDeps): Knocks {
  let lastAt = -Infinity;
  return {
    async at(address) {
      const startedAt = clock.monotonic();
      const isAllowed = !own.includes(address) && !isSpecialAddress(address);
      if (!isAllowed || startedAt - lastAt < EVERY_MS) return undefined;
      lastAt = startedAt;
      const deadline = new AbortController();
      const cancel = clock.after(KNOCK_MS, () => deadline.abort());
      const why = await knockAt(address, deadline.signal).finally(cancel);
      if (why === undefined) return true;
      const wasHeldUp = clock.monotonic() - startedAt > KNOCK_MS + LATE_MS;
      return wasHeldUp || !SILENCE.has(why) ? undefined : false;
    },
  };
}
