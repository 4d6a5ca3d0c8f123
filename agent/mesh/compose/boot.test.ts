import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { claimBoot } from './boot.ts';

async function aBoot(first: number) {
  const clock = createFakeClock();
  let boot = first - 1;
  const identity = {
    async claimBoot(held: number | undefined) {
      boot = Math.max(boot, held ?? 0) + 1;
      return { boot, kept: true };
    },
    keep: async () => true,
  };
  return { clock, boot: await claimBoot(identity, { clock, log: pino({ level: 'silent' }) }) };
}

describe('boot', () => {
  it('goes beyond what a peer holds, and never back', async () => {
    const { boot } = await aBoot(5);

    expect(await boot.outdo(4)).toBe(false);
    expect(await boot.outdo(5)).toBe(true);
    expect(await boot.outdo(4_000_000)).toBe(true);
    expect(boot.current()).toBe(4_000_001);
    boot.stop();
  });

  it('goes beyond what a peer only says, a little, and once in 10 s', async () => {
    const { boot, clock } = await aBoot(5);
    const told = async (...helds: number[]): Promise<number[]> => {
      const boots = [];
      for (const held of helds) boots.push((await boot.outdoUnproven(held), boot.current()));
      return boots;
    };

    expect(await told(5, 70, 4_000_000_000)).toEqual([5, 5, 5]);
    expect(await told(69, 80)).toEqual([70, 70]);
    await clock.advance(10_000);
    expect(await told(71)).toEqual([72]);
    boot.stop();
  });
});
