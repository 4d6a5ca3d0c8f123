/** The boot that this agent speaks under: on the disk before it is used, and above all that any peer has seen. */
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Identity } from '../identity/identity.ts';

export interface Boot {
  current(): number;
  /** A peer holds this boot for the own key. Resolves to true when a higher one was claimed because of it. */
  outdo(held: number): Promise<boolean>;
  stop(): void;
}

/** A disk that took no write may do so later. */
const KEEP_MS = 60_000;

/** @throws AgentError `config` when the counter is used up */
export async function claimBoot(
  identity: Pick<Identity, 'claimBoot' | 'keep'>,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<Boot> {
  let claimed = await identity.claimBoot(undefined);
  let isClaiming = false;
  const stop = clock.every(KEEP_MS, () => {
    if (claimed.kept) return;
    void identity.keep().then((kept) => (claimed = { ...claimed, kept }));
  });
  return {
    current: () => claimed.boot,
    async outdo(held) {
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
    },
    stop,
  };
}
