import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createAcquaintance } from './acquaintance.ts';

function create(recalled: readonly string[] = []) {
  const clock = createFakeClock();
  const component = new Set(['me']);
  const probed: string[] = [];
  let told = 0;
  const acquaintance = createAcquaintance({
    self: 'me',
    clock,
    recalled,
    component: () => component,
    probe: (names) => void probed.push(...names),
    onMet: () => void (told += 1),
  });
  const join = (...names: readonly string[]): void => {
    acquaintance.named(['me', ...names]);
    for (const name of names) {
      acquaintance.met(name);
      component.add(name);
    }
  };
  return { clock, component, probed, acquaintance, join, told: () => told };
}

const invented = Array.from({ length: 4000 }, (_, index) => `ghost-${index}`);

describe('a name that somebody signed for', () => {
  it('is nobody’s before it answers, however many there are and whatever one member or they themselves say', () => {
    const { acquaintance, join, component } = create();
    join('a', 'b', 'evil');
    acquaintance.named(['me', 'a', 'b', 'evil', ...invented]);
    for (const [index, ghost] of invented.entries()) {
      acquaintance.stated('evil', ghost);
      for (let other = 1; other < 12; other += 1) acquaintance.stated(`ghost-${(index + other) % 4000}`, ghost);
      // As if the component had been walked along what they say.
      component.add(ghost);
    }
    acquaintance.review();

    expect(invented.filter((ghost) => acquaintance.isMet(ghost))).toEqual([]);
    expect(acquaintance.strangers()).toBe(4000);
    acquaintance.met('ghost-7');
    expect(acquaintance.isMet('ghost-7')).toBe(true);
  });

  it('is a member’s when two members state an edge to it, also a lost one, and whatever strangers said before', async () => {
    const { acquaintance, join, clock, told } = create();
    join('a', 'b', 'c');
    acquaintance.named(['me', 'a', 'b', 'c', 'dead']);
    for (let index = 0; index < 20; index += 1) acquaintance.stated(`ghost-${index}`, 'dead');
    acquaintance.stated('a', 'dead');
    acquaintance.stated('a', 'dead');
    const early = acquaintance.isMet('dead');
    acquaintance.stated('b', 'dead');
    await clock.advance(1);

    expect([early, acquaintance.isMet('dead'), told() > 0]).toEqual([false, true, true]);
  });

  it('is one when the only other member states it, and when it was met by an earlier run', () => {
    const { acquaintance, component, join } = create(['old']);
    acquaintance.named(['me', 'old', 'x', 'y', 'a']);
    acquaintance.stated('a', 'x');
    const early = acquaintance.isMet('x');
    join('a', 'x', 'old', 'y');
    component.delete('x');
    acquaintance.review();

    expect([acquaintance.isMet('old'), early]).toEqual([true, false]);
    expect(acquaintance.isMet('x')).toBe(true);
  });

  it('is probed in turn, 32 a second, until it is met or gone', async () => {
    const { acquaintance, clock, probed } = create();
    acquaintance.named(['me', ...invented.slice(0, 100)]);
    await clock.advance(3000);
    const first = [...probed];
    acquaintance.named(['me', 'ghost-1']);
    probed.length = 0;
    await clock.advance(2000);

    expect(first.length).toBe(4 * 32);
    expect(new Set(first).size).toBeGreaterThanOrEqual(96);
    expect(probed).toEqual(['ghost-1', 'ghost-1']);
    acquaintance.stop();
    expect(clock.pendingTimers()).toBe(0);
  });
});
