import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createLog } from '../../base/log.ts';
import type { NameAnswer } from '../../base/lookup.ts';
import { createSeeds } from './seeds.ts';

const NOTHING: NameAnswer = { ipv4: 'no-such-name', ipv6: 'no-such-name' };
const SILENCE: NameAnswer = { ipv4: 'no-server', ipv6: 'no-server' };

function setUp(seeds: readonly string[]) {
  const clock = createFakeClock();
  const world = { answer: NOTHING, isMet: false, members: 1, used: [] as readonly string[], asked: [] as number[] };
  let chance = 0;
  const source = createSeeds(seeds, {
    clock,
    random: () => (chance = (chance + 0.37) % 1),
    log: createLog('silent', 'n'),
    async lookup() {
      world.asked.push(clock.monotonic());
      return world.answer;
    },
    use: (addresses) => (world.used = addresses),
    isMet: () => world.isMet,
    members: () => world.members,
  });
  return { clock, source, world };
}

describe('createSeeds', () => {
  it('uses addresses at once and looks nothing up for them', async () => {
    const { clock, source, world } = setUp(['10.0.0.7:7576', '[fd00::7]:7576']);
    source.start();
    expect(world.used).toEqual(['10.0.0.7:7576', '[fd00::7]:7576']);
    await clock.advance(120_000);
    expect(world.asked).toEqual([]);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('uses all addresses of a name, of both families, beside the others', async () => {
    const { clock, source, world } = setUp(['seed.x:1', '10.0.0.7:1']);
    world.answer = { ipv4: ['10.0.0.7', '10.0.0.8'], ipv6: ['fd00::8'] };
    source.start();
    await clock.advance(0);
    expect([...world.used].sort()).toEqual(['10.0.0.7:1', '10.0.0.8:1', '[fd00::8]:1']);
  });

  it('uses what is suggested beside the others, for as long as it is, and misses none of it', async () => {
    const { clock, source, world } = setUp(['10.0.0.7:7576']);
    source.start();
    source.suggest(['10.0.0.8:7576', '10.0.0.7:7576']);
    expect(world.used).toEqual(['10.0.0.7:7576', '10.0.0.8:7576']);
    const unmet = { refusesKey: false, sinceMs: 0 };
    expect(source.unmet(world.used.map((address) => ({ address, ...unmet })))).toEqual([
      { address: '10.0.0.7:7576', ...unmet },
    ]);
    source.suggest([]);
    expect(world.used).toEqual(['10.0.0.7:7576']);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('asks every 5 s while nobody is met, every 30 s then, and more seldom the more agents do', async () => {
    const { clock, source, world } = setUp(['seed.x:1']);
    source.start();
    await clock.advance(60_000);
    expect(world.asked.length).toBeGreaterThanOrEqual(10);
    expect(world.asked.length).toBeLessThanOrEqual(14);
    world.isMet = true;
    await clock.advance(10_000);
    world.asked = [];
    await clock.advance(300_000);
    expect(world.asked.length).toBeGreaterThanOrEqual(8);
    expect(world.asked.length).toBeLessThanOrEqual(12);
    world.members = 5000;
    await clock.advance(40_000);
    world.asked = [];
    await clock.advance(5_000_000);
    // 5000 agents with two queries each, 20 a second.
    expect(world.asked.length).toBeLessThanOrEqual(11);
    source.stop();
    expect(clock.pendingTimers()).toBe(0);
  });

  it('keeps the last good answer whatever the resolver says, and follows a new one', async () => {
    const { clock, source, world } = setUp(['seed.x:1']);
    world.answer = { ipv4: ['10.0.0.7'], ipv6: ['fd00::7'] };
    source.start();
    await clock.advance(0);
    const good = world.used;
    for (const answer of [SILENCE, NOTHING]) {
      world.answer = answer;
      await clock.advance(6000);
      expect(world.used).toEqual(good);
      expect(source.unmet([])).toEqual([]);
    }
    world.answer = { ipv4: ['10.0.0.9'], ipv6: 'no-server' };
    await clock.advance(6000);
    expect([...world.used].sort()).toEqual(['10.0.0.9:1', '[fd00::7]:1']);
    world.answer = { ipv4: ['10.0.0.9'], ipv6: 'no-addresses' };
    await clock.advance(6000);
    expect(world.used).toEqual(['10.0.0.9:1']);
  });

  it('says why a name gives nothing, since when, and of which name an address is', async () => {
    const { clock, source, world } = setUp(['seed.x:1', '10.0.0.1:1']);
    expect(source.unmet([])).toEqual([]);
    source.start();
    await clock.advance(0);
    const unmet = { refusesKey: false, sinceMs: 0 };
    expect(source.unmet([])).toEqual([{ address: 'seed.x:1', name: 'seed.x', fault: 'no-such-name', ...unmet }]);
    world.answer = { ipv4: 'no-addresses', ipv6: 'no-server' };
    await clock.advance(6000);
    expect(source.unmet([])).toMatchObject([{ fault: 'no-server' }]);
    world.answer = { ipv4: ['10.0.0.2'], ipv6: 'no-addresses' };
    await clock.advance(6000);
    const addresses = ['10.0.0.1:1', '10.0.0.2:1'].map((address) => ({ address, ...unmet }));
    expect(source.unmet(addresses)).toEqual([addresses[0], { ...addresses[1], name: 'seed.x' }]);
  });

  it('asks at most 64, the same ones while they are there, and not the same as everybody', async () => {
    const { clock, source, world } = setUp(['seed.x:1', '192.0.2.1:1']);
    const many = Array.from({ length: 200 }, (_, index) => `10.0.1.${index}`);
    world.answer = { ipv4: many, ipv6: 'no-addresses' };
    source.start();
    await clock.advance(0);
    const first = world.used;
    expect(first).toHaveLength(64);
    expect(first[0]).toBe('192.0.2.1:1');
    expect(first.slice(1)).not.toEqual(many.slice(0, 63).map((host) => `${host}:1`));
    world.answer = { ipv4: many.toReversed().slice(1), ipv6: 'no-addresses' };
    await clock.advance(6000);
    expect(first.filter((address) => !world.used.includes(address)).length).toBeLessThanOrEqual(1);
    expect(world.used).toHaveLength(64);
  });
});
