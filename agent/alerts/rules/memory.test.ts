import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../test/lib/random.ts';
import { EngineWorld, MINUTE } from './testing.ts';

const RULE = {
  name: 'any',
  type: 'any',
  source: 'events',
  queryKey: ['namespace', 'name'],
  realertMinutes: 10,
  exponentialRealertHours: 1,
  keepFiringMinutes: 30,
};
const POD = { namespace: 'prod', name: 'api', kind: 'Pod', reason: 'BackOff', message: 'it fell', node: 'n1' };

/** What one leaves is JSON to the next, whose clocks are others. */
function handOver(
  from: EngineWorld,
  to: EngineWorld,
  { ageMs = 0, maxBytes = 12_288, withText = false } = {},
): unknown {
  const items = from.engine.dump({ maxBytes, withText });
  to.engine.recall(JSON.parse(JSON.stringify(items)) as unknown[], ageMs);
  return items;
}

describe('what a judge leaves', () => {
  it('lets the next one go on: what fires fires, and nobody is told earlier or twice', () => {
    const [one, other] = [new EngineWorld(RULE), new EngineWorld(RULE)];
    one.see(POD);
    one.pass(10 * MINUTE);
    one.see(POD);
    one.pass(5 * MINUTE);
    // Its clocks are others.
    other.mono = 50;
    other.unix += 15 * MINUTE + 4000;
    handOver(one, other, { ageMs: 4000, withText: true });
    const [before] = one.engine.alerts();
    expect(other.engine.alerts()).toEqual([before]);
    // The pause of twenty minutes ends at 30 min.
    other.pass(14 * MINUTE);
    other.see(POD);
    expect(other.firing()).toEqual(['prod/api 2']);
    other.pass(MINUTE);
    other.see(POD);
    expect(other.firing()).toEqual(['prod/api 3']);
    // The next one is forty minutes: the exponent came along.
    other.pass(39 * MINUTE);
    other.see(POD);
    expect(other.firing()).toEqual(['prod/api 3']);
  });

  it('has no sentences on the board: they are taken from the alerts that were told there', () => {
    const [one, other] = [new EngineWorld(RULE), new EngineWorld(RULE)];
    one.see(POD);
    const items = one.engine.dump({ maxBytes: 12_288, withText: false });
    expect(JSON.stringify(items)).not.toContain('it fell');
    other.engine.recall(
      items,
      0,
      one.engine.alerts().map((alert) => ({ ...alert, by: 'n1', isCurrent: true })),
    );
    expect(other.engine.alerts()).toEqual(one.engine.alerts());
    const bare = new EngineWorld(RULE);
    bare.engine.recall(items, 0);
    expect(bare.engine.alerts()).toMatchObject([{ key: 'prod/api', facts: { namespace: 'prod', name: 'api' } }]);
  });

  it('leaves people alone of whom it says nothing but that they were told, also by a rule that has changed since', () => {
    const [one, other] = [new EngineWorld(RULE), new EngineWorld(RULE)];
    const edited = new EngineWorld({ ...RULE, severity: 'critical' });
    const pods = Array.from({ length: 100 }, (_, index) => ({ ...POD, name: `pod-${index}` }));
    const all = (world: EngineWorld): void => {
      for (const pod of pods) world.see(pod);
      world.pass(MINUTE);
    };
    for (let minute = 0; minute < 75; minute += 1) all(one);
    // At 0, 10, 30 and 70 minutes, and then at 130.
    const told = (world: EngineWorld): readonly number[] => [
      ...new Set(world.engine.alerts().map(({ round }) => round)),
    ];
    expect(told(one)).toEqual([4]);
    const said = one.engine.alerts().map((alert) => ({ ...alert, by: 'n1', isCurrent: true }));
    const items = one.engine.dump({ maxBytes: 3584, withText: false }) as { keys: unknown[] }[];
    expect(items[0]?.keys.length).toBeLessThan(60);
    for (const world of [other, edited]) {
      world.unix = one.unix;
      world.engine.recall(items, 0, said);
      for (let minute = 75; minute < 128; minute += 1) all(world);
      expect(world.firing()).toHaveLength(100);
      expect(told(world)).toEqual([4]);
      const times = world.engine.alerts().map(({ roundAt = 0 }) => Math.abs(roundAt - (said[0]?.roundAt ?? 0)));
      expect(Math.max(...times)).toBeLessThan(1000);
      for (let minute = 128; minute < 133; minute += 1) all(world);
      expect(told(world)).toEqual([5]);
      // The next ones are an hour apart.
      for (let minute = 133; minute < 185; minute += 1) all(world);
      expect(told(world)).toEqual([5]);
    }
  });

  it('says when people were told last, whatever is done to the clock', () => {
    const [one, other] = [new EngineWorld(RULE), new EngineWorld(RULE)];
    const since = (world: EngineWorld): number => world.unix - (world.engine.alerts()[0]?.roundAt ?? 0);
    one.see(POD);
    one.pass(5 * MINUTE);
    one.unix -= 60 * MINUTE;
    expect(since(one)).toBe(5 * MINUTE);
    handOver(one, other, { ageMs: 4000 });
    expect(since(other)).toBe(5 * MINUTE + 4000);
  });

  it('is over when it would have been, and not while it cannot be seen', () => {
    const [one, other] = [new EngineWorld(RULE), new EngineWorld(RULE)];
    one.see(POD);
    handOver(one, other);
    other.sources.events = { why: 'not yet' };
    other.pass(2 * 60 * MINUTE);
    expect(other.firing()).toEqual(['prod/api 1']);
    other.sources.events = { completeSince: other.unix - 60 * MINUTE };
    other.pass(15_000);
    expect(other.firing()).toEqual([]);
  });

  it('gives way to what the other knows: the longer pause, the higher round, the earlier start', () => {
    const [one, other] = [new EngineWorld(RULE), new EngineWorld(RULE)];
    one.see(POD);
    one.pass(12 * MINUTE);
    one.see(POD);
    other.pass(12 * MINUTE);
    other.see(POD);
    handOver(one, other);
    expect(other.firing()).toEqual(['prod/api 2']);
    expect(other.engine.alerts()[0]?.since).toBe(one.engine.alerts()[0]?.since);
    handOver(one, other);
    other.pass(19 * MINUTE);
    other.see(POD);
    expect(other.firing()).toEqual(['prod/api 2']);
  });

  it('is of a rule as it was: one that changed, or is not there, begins anew', () => {
    const [one, other] = [new EngineWorld(RULE), new EngineWorld({ ...RULE, realertMinutes: 11 })];
    one.see(POD);
    handOver(one, other);
    expect(other.engine.alerts()).toEqual([]);
    expect(other.engine.figures().keys).toBe(0);
  });

  it('fits: what fires and was seen last stays', () => {
    const [one, other] = [
      new EngineWorld({ ...RULE, keepFiringMinutes: 1 }),
      new EngineWorld({ ...RULE, keepFiringMinutes: 1 }),
    ];
    for (let index = 0; index < 300; index += 1) one.see({ ...POD, name: `over-${index}` });
    one.pass(2 * MINUTE);
    for (let index = 0; index < 100; index += 1) one.see({ ...POD, name: `pod-${index}` });
    one.pass(1000);
    one.see({ ...POD, name: 'last' });
    for (const maxBytes of [12_288, 3000, 500, 100]) {
      const items = handOver(one, other, { maxBytes });
      expect(Buffer.byteLength(JSON.stringify(items))).toBeLessThanOrEqual(maxBytes);
    }
    expect(other.firing()).toHaveLength(101);
    const small = new EngineWorld({ ...RULE, keepFiringMinutes: 1 });
    handOver(one, small, { maxBytes: 200 });
    expect(small.firing()).toContain('prod/last 1');
  });
});

describe('what is no memory', () => {
  const good = (): unknown[] => {
    const world = new EngineWorld(RULE);
    world.see(POD);
    return JSON.parse(JSON.stringify(world.engine.dump({ maxBytes: 10_000, withText: true }))) as unknown[];
  };

  it.each([[[]], [[null, 5, 'x', [], {}, { rule: 5 }, { rule: 'any' }]], [[{ rule: 'any', is: 'wrong', keys: [] }]]])(
    '%j is left out',
    (items) => {
      const world = new EngineWorld(RULE);
      world.engine.recall(items, 0);
      expect(world.engine.alerts()).toEqual([]);
    },
  );

  it('neither throws nor holds anybody up, whatever is put in the place of anything', () => {
    const random = createRandom(3);
    const wrong = [null, -1, 1e300, Number.MAX_SAFE_INTEGER, 'x'.repeat(5000), [], {}, [['a']], true, 0.5, -1e15];
    for (let round = 0; round < 300; round += 1) {
      const items = good() as { keys: unknown[][] }[];
      const line = items[0]?.keys[0] ?? [];
      for (let changes = 1 + random.integer(3); changes > 0; changes -= 1)
        line[random.integer(line.length + 2)] = random.pick(wrong);
      const world = new EngineWorld(RULE);
      world.engine.recall(items, random.pick([0, -5, 1e12]));
      for (const alert of world.engine.alerts()) {
        expect(alert.sentence.length).toBeLessThanOrEqual(2000);
        expect(() => new Date(alert.since).toISOString()).not.toThrow();
      }
      // No word of another keeps people alone for longer than the rule may.
      world.pass(61 * MINUTE);
      const before = world.engine.alerts().find(({ key }) => key === 'prod/api')?.round ?? 0;
      world.see(POD);
      expect(world.engine.alerts().find(({ key }) => key === 'prod/api')?.round).toBe(before + 1);
    }
  });
});
