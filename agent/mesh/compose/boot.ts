/** The boot that this agent speaks under: on the disk before it is used, and above all that any peer has seen. */
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Identity } from '../identity/identity.ts';

export interface Boot {
  current(): number;
  /** A peer holds this boot for the own key. Resolves to true when a higher one was claimed because of it. */
  outdo(held: number): Promise<boolean>;
  /**
   * A peer says so without a proof. Believed for a few boots, now and then: a copy of this machine that is gone may have
   * claimed them, and nobody can drive the counter to its end.
   */
  outdoUnproven(held: number): Promise<boolean>;
  stop(): void;
}

/** A disk that took no write may do so later. */
const KEEP_MS = 5000;
/** No more than two agents that outdo each other are apart; at this pace the counter lasts 20 years. */
const FARTHEST = 64;
const UNPROVEN_PAUSE_MS = 10_000;

/** @throws AgentError `config` when the counter is used up */
export async function claimBoot(
  identity: Pick<Identity, 'claimBoot' | 'keep'>,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<Boot> {
  let claimed = await identity.claimBoot(undefined);
  let isClaiming = false;
  let unprovenAt = -Infinity;
  const stop = clock.every(KEEP_MS, () => {
    if (claimed.kept) return;
    void identity.keep().then((kept) => (claimed = { ...claimed, kept }));
  });
  const outdo = async (held: number): Promise<boolean> => {
    if (isClaiming || held < claimed.boot) return false;
    isClaiming = true;
    try {
      claimed = await identity.claimBoot(held);
      return true;
    } catch (error) {
      log.error({ err: messageOf(error) }, 'no higher boot can be claimed');
      return false;
    } finally {
      isClaiming = false;
    }
  };
  return {
    current: () => claimed.boot,
    outdo,
    async outdoUnproven(held) {
      const now = clock.monotonic();
      if (held <= claimed.boot || held > claimed.boot + FARTHEST || now - unprovenAt < UNPROVEN_PAUSE_MS) return false;
      unprovenAt = now;
      return outdo(held);
    },
    stop,
  };
}
