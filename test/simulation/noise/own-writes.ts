/** How long the agent's own writes take, as its store tells. */
import type { DiskSamples } from '../../../checks/types.ts';
import type { Noise } from './noise.ts';
import { HOUR, SECOND } from './part.ts';

export interface OwnWrites {
  read(): DiskSamples;
  /** From now on each takes so long. */
  slowDown(durationMs: number): void;
  /** From now on none comes back. */
  stall(): void;
}

const EVERY_MS = 5 * SECOND;
const KEPT = 32;
/** Of six in 30 s two may take any time. */
const SLOW_APART = 3;
/** A write that has not come back is noticed after so long, and is stalled after 5 s. */
const NOTICED_MS = SECOND;

export function createOwnWrites(noise: Noise): OwnWrites {
  const [usual, busy] = [noise.tail(5, 200), noise.wander(3, 240)];
  const isBusy = noise.spells({ everyMs: 2 * HOUR, lastsMs: [60 * SECOND, 600 * SECOND] });
  // The store measures nothing meanwhile.
  const pause = noise.spells({ everyMs: 2 * HOUR, lastsMs: [5 * SECOND, 15 * SECOND] });
  const samples: { at: number; durationMs: number }[] = [];
  let [nextAt, fastOnes] = [0, 0];
  let forced: number | undefined;
  let stalledAt: number | undefined;
  const duration = (): number => {
    if (forced !== undefined) return forced;
    if (fastOnes >= SLOW_APART && noise.random.chance(0.1)) {
      fastOnes = 0;
      return noise.between(500, 4500);
    }
    fastOnes += 1;
    return isBusy.isOn() ? busy() : usual();
  };
  const follow = (): void => {
    const until = stalledAt ?? noise.now();
    while (nextAt <= until) {
      const durationMs = duration();
      samples.push({ at: nextAt + durationMs, durationMs });
      nextAt += Math.max(EVERY_MS, durationMs) + pause.leftMs();
    }
    samples.splice(0, samples.length - KEPT);
  };
  return {
    read() {
      follow();
      const now = noise.now();
      // The last one may not have come back yet.
      const done = samples.filter(({ at }) => at <= now);
      const last = samples.at(-1);
      const waitsMs = last !== undefined && last.at > now ? now - (last.at - last.durationMs) : 0;
      const stalledForMs = stalledAt === undefined ? waitsMs : now - stalledAt;
      return {
        directory: '/var/lib/meerkat',
        samples: done,
        stalledForMs: stalledForMs > NOTICED_MS ? Math.round(stalledForMs) : 0,
        ...(done.length === 0 && { error: 'nothing was measured yet' }),
      };
    },
    slowDown: (durationMs) => void (forced = durationMs),
    stall() {
      follow();
      stalledAt = noise.now() - 1;
    },
  };
}
