/** Drives membership: one input after the other, and a step whenever its time has come. */
import type { Clock } from '../../base/clock.ts';
import { createMembership } from '../membership/membership.ts';
import type { MembershipInput, MembershipStep } from '../membership/step.ts';

export interface Watch {
  /** Takes an input in, now or right after the one that is being taken. */
  take(input: MembershipInput): void;
  latest(): MembershipStep;
  stop(): void;
}

export interface WatchDeps {
  readonly self: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Nobody else is known, and there is nobody to ask. */
  readonly isAlone: boolean;
  /** Does what a step asks for. Inputs that come of it are taken afterwards. */
  readonly act: (step: MembershipStep) => void;
}

export function createWatch({ self, clock, random, isAlone, act }: WatchDeps): Watch {
  const membership = createMembership({ self, nowMs: clock.monotonic(), random, isAlone });
  const queue: MembershipInput[] = [];
  let latest = membership.step({ kind: 'tick' }, clock.monotonic());
  let isBusy = false;
  let isStopped = false;
  let cancel: () => void = () => {};

  const arm = (): void => {
    cancel();
    if (isStopped) return;
    cancel = clock.after(Math.max(0, Math.ceil(latest.wakeAtMs - clock.monotonic())), () => take({ kind: 'tick' }));
  };

  function take(input: MembershipInput): void {
    queue.push(input);
    if (isBusy || isStopped) return;
    isBusy = true;
    try {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        latest = membership.step(next, clock.monotonic());
        act(latest);
      }
    } finally {
      isBusy = false;
      arm();
    }
  }

  arm();
  return {
    take,
    latest: () => latest,
    stop() {
      isStopped = true;
      queue.length = 0;
      cancel();
    },
  };
}
