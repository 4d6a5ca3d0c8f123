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
  /** Nobody is judged before the input `recalled`. */
  readonly isRecalling: boolean;
  /** Does what a step asks for. Inputs that come of it are taken afterwards. */
  readonly act: (step: MembershipStep) => void;
}

export function createWatch({ self, clock, random, isAlone, isRecalling, act }: WatchDeps): Watch {
  const membership = createMembership({ self, nowMs: clock.monotonic(), random, isAlone, isRecalling });
  const queue: MembershipInput[] = [];
  let latest = membership.step({ kind: 'tick' }, clock.monotonic());
  let isBusy = false;
  let isStopped = false;
  let armedFor: number | undefined;
  let cancel: () => void = () => {};

  const arm = (): void => {
    if (armedFor === latest.wakeAtMs) return;
    cancel();
    if (isStopped) return;
    armedFor = latest.wakeAtMs;
    cancel = clock.after(Math.max(0, Math.ceil(armedFor - clock.monotonic())), () => {
      armedFor = undefined;
      take({ kind: 'tick' });
    });
  };

  function take(input: MembershipInput): void {
    queue.push(input);
    if (isBusy || isStopped) return;
    isBusy = true;
    try {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const step = membership.step(next, clock.monotonic());
        // The same object asks for nothing again.
        if (step === latest) continue;
        latest = step;
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
