import { describe, expect, it } from 'vitest';
import { EngineWorld, MINUTE, rulesOf } from './testing.ts';
import { createIndex } from './matcher.ts';
import { createPatternBook } from './pattern.ts';
import type { Facts } from './types.ts';

const FACTS = { namespace: 'prod', kind: 'Pod', name: 'api', reason: 'BackOff', type: 'Warning', message: 'it fell' };

/** Names of the rules that are for it. */
function fitting(settings: readonly object[], facts: Facts): string[] {
  const index = createIndex(
    rulesOf(...settings.map((one, at) => ({ name: `r${at}`, type: 'any', source: 'events', ...one }))),
    (rule) => rule,
    createPatternBook(() => 0),
  );
  const names: string[] = [];
  index.candidates('events', facts, ({ item, fits }) => {
    if (fits(facts) === 'yes') names.push(item.name);
  });
  return names.toSorted();
}

describe('where and not', () => {
  it.each([
    [{ where: { type: 'Warning' } }, true],
    [{ where: { type: 'Normal' } }, false],
    [{ where: { type: 'Warning', reason: ['Killing', 'BackOff'] } }, true],
    [{ where: { type: 'Warning', reason: ['Killing'] } }, false],
    [{ where: { message: { regex: 'f[aeiou]ll' } } }, true],
    [{ where: { message: { regex: '^fell' } } }, false],
    [{ where: { reason: 'Backoff' } }, false],
    [{ not: { kind: 'Node' } }, true],
    [{ not: { kind: 'Pod', reason: 'Other' } }, false],
    [{ not: { message: { regex: 'fell$' } } }, false],
    [{ where: { type: 'Warning' }, not: { kind: 'Node', reason: 'DNSConfigForming' } }, true],
    // What is not there is as good as empty.
    [{ where: { node: '' } }, true],
    [{ where: { node: { regex: '.' } } }, false],
    [{}, true],
  ])('%j', (settings, fits) => {
    expect(fitting([settings], FACTS)).toEqual(fits ? ['r0'] : []);
  });

  it('finds a rule once, though its list names the same twice, and only those of the source', () => {
    expect(fitting([{ where: { reason: ['BackOff', 'BackOff'] } }], FACTS)).toEqual(['r0']);
    const world = new EngineWorld({ name: 'c', type: 'any', source: 'checks' });
    world.see(FACTS);
    expect(world.firing()).toEqual([]);
    world.see({ check: 'etcd' }, { source: 'checks' });
    expect(world.firing()).toEqual(['1']);
  });

  it('agrees with asking every rule in turn, whatever they ask', () => {
    const conditions = [
      { where: { type: 'Warning' } },
      { where: { kind: 'Node' } },
      { where: { kind: 'Pod', namespace: ['prod', 'dev'] } },
      { where: { reason: 'BackOff', message: { regex: 'fell' } } },
      { not: { namespace: 'prod' } },
      { where: { name: { regex: 'a.i' } }, not: { type: 'Normal' } },
    ];
    for (const kind of ['Pod', 'Node'])
      for (const namespace of ['prod', 'dev', ''])
        for (const type of ['Warning', 'Normal']) {
          const facts = { ...FACTS, kind, namespace, type };
          const each = conditions.flatMap((one, at) => (fitting([one], facts).length > 0 ? [`r${at}`] : []));
          expect(fitting(conditions, facts)).toEqual(each);
        }
  });

  it('is unknown where a pattern takes too long: the rule says so, and its silence nothing', () => {
    const world = new EngineWorld({
      name: 'slow',
      type: 'flatline',
      source: 'events',
      threshold: 1,
      timeframeMinutes: 5,
      where: { message: { regex: 'a+b' } },
    });
    world.pass(5 * MINUTE - 15_000);
    const { mono } = world;
    // Each try takes half a second.
    Object.defineProperty(world, 'mono', { configurable: true, get: () => (spent += 250), set: () => {} });
    let spent = mono;
    for (let index = 0; index < 4; index += 1) world.see({ message: `aab ${index}` });
    expect(world.engine.figures().skippedPatterns).toBeGreaterThan(0);
    Object.defineProperty(world, 'mono', { configurable: true, writable: true, value: spent });
    world.pass(MINUTE);
    expect(world.engine.states()).toMatchObject([{ state: 'unknown', why: expect.stringContaining('too long') }]);
  });
});
