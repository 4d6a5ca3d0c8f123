import { describe, expect, it } from 'vitest';
import { EngineWorld, MINUTE, rulesOf } from './testing.ts';

const ANY = { name: 'any', type: 'any', source: 'events', queryKey: 'name' };
const FREQUENCY = {
  name: 'frequency',
  type: 'frequency',
  source: 'events',
  queryKey: 'name',
  numEvents: 5,
  timeframeMinutes: 5,
};
const FLATLINE = { name: 'flatline', type: 'flatline', source: 'logs', threshold: 1, timeframeMinutes: 10 };
const SEVERAL = {
  name: 'several',
  type: 'cardinality',
  source: 'events',
  queryKey: 'reason',
  cardinalityField: 'node',
  maxCardinality: 2,
  timeframeMinutes: 5,
};

describe('any', () => {
  it('fires at the first, tells again when realert lets it, and is over when it stayed away for keepFiringMinutes', () => {
    const world = new EngineWorld({ ...ANY, realertMinutes: 5 });
    world.see({ name: 'a', kind: 'Pod', reason: 'BackOff', message: 'it fell', node: 'n1' });
    expect(world.engine.alerts()).toMatchObject([
      { rule: 'any', key: 'a', round: 1, sentence: 'Pod a BackOff ×1: it fell', nodes: ['n1'], severity: 'info' },
    ]);
    world.pass(4 * MINUTE);
    world.see({ name: 'a' });
    expect(world.rounds()).toBe(1);
    world.pass(MINUTE);
    world.see({ name: 'a' });
    expect(world.engine.alerts()).toMatchObject([{ round: 2, facts: { count: '3' } }]);
    world.pass(5 * MINUTE - 15_000);
    expect(world.firing()).toEqual(['a 2']);
    world.pass(15_000);
    expect(world.engine.alerts()).toMatchObject([{ endedAt: world.unix, round: 2 }]);
    expect(world.state()).toBe('ok');
  });

  it('shows what is over for an hour', () => {
    const world = new EngineWorld(ANY);
    world.see({ name: 'a' });
    world.pass(64 * MINUTE);
    expect(world.engine.alerts()).toHaveLength(1);
    world.pass(2 * MINUTE);
    expect(world.engine.alerts()).toEqual([]);
    expect(world.engine.figures().keys).toBe(0);
  });

  it('that fires again while people are left alone has the round that they were told', () => {
    const world = new EngineWorld({ ...ANY, realertMinutes: 30 });
    world.see({ name: 'a' });
    world.pass(10 * MINUTE);
    world.see({ name: 'a' });
    expect(world.firing()).toEqual(['a 1']);
    world.pass(20 * MINUTE);
    world.see({ name: 'a' });
    expect(world.firing()).toEqual(['a 2']);
  });
});

describe('frequency: ElastAlert’s windows', () => {
  it('match at so many, not at one less', () => {
    const world = new EngineWorld(FREQUENCY);
    for (let index = 0; index < 4; index += 1) world.see({ name: 'a' });
    expect(world.firing()).toEqual([]);
    world.see({ name: 'a' });
    expect(world.firing()).toEqual(['a 1']);
  });

  it('hold what is less than the time apart, not what is as much', () => {
    const world = new EngineWorld({ ...FREQUENCY, numEvents: 2 });
    world.see({ name: 'a' });
    world.pass(5 * MINUTE);
    world.see({ name: 'a' });
    expect(world.firing()).toEqual([]);
    world.pass(5 * MINUTE - 1);
    world.see({ name: 'a' });
    expect(world.firing()).toEqual(['a 1']);
  });

  it('are emptied by a match: a steady stream matches every so many', () => {
    const world = new EngineWorld({ ...FREQUENCY, realertMinutes: 0 });
    const rounds: number[] = [];
    for (let index = 0; index < 15; index += 1) {
      world.see({ name: 'a' });
      rounds.push(world.rounds());
      world.pass(10_000);
    }
    expect(rounds).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3]);
  });

  it('count each value of the key by itself, and an increment of twelve as twelve', () => {
    const world = new EngineWorld({ ...FREQUENCY, realertMinutes: 0 });
    for (const name of ['a', 'b', 'c', 'd', 'e']) world.see({ name });
    expect(world.firing()).toEqual([]);
    world.see({ name: 'f' }, { count: 12 });
    expect(world.firing()).toEqual(['f 1']);
    for (let index = 0; index < 3; index += 1) world.see({ name: 'f' });
    expect(world.firing()).toEqual(['f 2']);
  });

  it('fires on while so many are within the time, though each match empties it', () => {
    const world = new EngineWorld(FREQUENCY);
    const every = (count: number, ms: number): void => {
      for (let index = 0; index < count; index += 1) {
        world.see({ name: 'a' });
        world.pass(ms);
      }
    };
    every(60, MINUTE);
    expect(world.firing()).toEqual(['a 12']);
    // Four in five minutes are below; it is over five minutes after the last time that there were five.
    every(8, 75_000);
    expect(world.firing()).toEqual([]);
  });

  it('take what comes up to two minutes late, in any order, and say what came later', () => {
    const world = new EngineWorld({ ...FREQUENCY, timeframeMinutes: 1 });
    world.see({ name: 'a' });
    for (const agoMs of [100_000, 110_000, 90_000, 95_000]) world.see({ name: 'a' }, { agoMs });
    expect(world.firing()).toEqual([]);
    world.see({ name: 'a' }, { agoMs: 105_000 });
    expect(world.firing()).toEqual(['a 1']);
    world.see({ name: 'b' }, { agoMs: 180_001, count: 9 });
    expect(world.firing()).toEqual(['a 1']);
    expect(world.engine.figures().late).toBe(1);
    expect(world.engine.states()[0]?.why).toContain('too late');
  });

  it('end for all but the one that is always too late, as from a node whose clock is behind', () => {
    const world = new EngineWorld({ ...FREQUENCY, numEvents: 1 });
    world.see({ name: 'a' });
    world.see({ name: 'behind' });
    for (let minute = 0; minute < 30; minute += 1) {
      world.see({ name: 'behind' }, { agoMs: 3_600_000 });
      world.pass(MINUTE);
    }
    expect(world.firing()).toEqual(['behind 1']);
    expect(world.engine.states()[0]?.why).toContain('too late');
    world.pass(10 * MINUTE);
    expect([world.firing(), world.state()]).toEqual([[], 'ok']);
  });

  it('leaves out what is no time and no number', () => {
    const world = new EngineWorld({ ...FREQUENCY, numEvents: 2 });
    for (const count of [0, -1, Number.NaN]) world.see({ name: 'a' }, { count });
    world.see({ name: 'a' }, { agoMs: Number.NaN });
    world.see({ name: 'a' });
    expect(world.firing()).toEqual([]);
    world.see({ name: 'a' });
    expect(world.firing()).toEqual(['a 1']);
  });

  it('takes what is dated later than now for now', () => {
    const world = new EngineWorld(FREQUENCY);
    for (const agoMs of [-3_600_000, -MINUTE, 0, -7_200_000, 0]) world.see({ name: 'a' }, { agoMs });
    expect(world.engine.alerts()).toMatchObject([{ lastAt: world.unix }]);
  });

  it.each([3_600_000, -3_600_000])('go on over a clock that is set by %i ms', (step) => {
    const world = new EngineWorld(FREQUENCY);
    for (let index = 0; index < 4; index += 1) world.see({ name: 'a' });
    world.pass(MINUTE);
    world.unix += step;
    world.see({ name: 'a' });
    expect(world.firing()).toEqual(['a 1']);
    world.pass(MINUTE);
    world.unix -= step;
    world.pass(7 * MINUTE);
    expect(world.firing()).toEqual(['a 1']);
    world.pass(5 * MINUTE);
    expect(world.firing()).toEqual([]);
  });

  it('counts what has an id once', () => {
    const world = new EngineWorld(FREQUENCY);
    for (let index = 0; index < 9; index += 1) world.see({ name: 'a' }, { id: `uid/${index % 4}` });
    expect(world.firing()).toEqual([]);
    world.see({ name: 'a' }, { id: 'uid/4' });
    expect(world.firing()).toEqual(['a 1']);
  });
});

describe('cardinality', () => {
  const warn = (world: EngineWorld, ...nodes: readonly string[]): void =>
    nodes.forEach((node) => world.see({ reason: 'FailedMount', node }));

  it('matches above so many different values within the time, and names the nodes', () => {
    const world = new EngineWorld(SEVERAL);
    warn(world, 'n1', 'n2', 'n1', 'n2');
    world.pass(3 * MINUTE);
    world.see({ reason: 'FailedMount' });
    expect(world.firing()).toEqual([]);
    warn(world, 'n3');
    expect(world.engine.alerts()).toMatchObject([{ key: 'FailedMount', nodes: ['n1', 'n2', 'n3'] }]);
    expect(world.engine.alerts()[0]?.facts['count']).toBe('3');
  });

  it('forgets a value that was not seen for longer than the time', () => {
    const world = new EngineWorld(SEVERAL);
    warn(world, 'n1', 'n2');
    world.pass(5 * MINUTE + 1);
    warn(world, 'n3');
    expect(world.firing()).toEqual([]);
    warn(world, 'n4', 'n1');
    expect(world.firing()).toEqual(['FailedMount 1']);
    world.pass(10 * MINUTE - 1);
    expect(world.firing()).toEqual(['FailedMount 1']);
    world.pass(15_000);
    expect(world.firing()).toEqual([]);
  });

  it('matches below so many after one full time, and again while it lasts', () => {
    const world = new EngineWorld({
      ...SEVERAL,
      queryKey: [],
      maxCardinality: undefined,
      minCardinality: 2,
      realertMinutes: 5,
    });
    warn(world, 'n1');
    world.pass(5 * MINUTE - 15_000);
    expect(world.firing()).toEqual([]);
    world.pass(15_000);
    expect(world.firing()).toEqual(['1']);
    world.pass(5 * MINUTE);
    expect(world.firing()).toEqual(['2']);
    warn(world, 'n1', 'n2');
    world.pass(5 * MINUTE);
    warn(world, 'n1', 'n2');
    expect(world.firing()).toEqual([]);
  });
});

describe('flatline', () => {
  const log = (world: EngineWorld, facts = {}): void => world.see({ workload: 'api', ...facts }, { source: 'logs' });

  it('matches below so many, only after one full time, and again until it is back above', () => {
    const world = new EngineWorld({ ...FLATLINE, realertMinutes: 10 });
    world.pass(10 * MINUTE - 15_000);
    expect([world.state(), world.firing()]).toEqual(['unknown', []]);
    world.pass(15_000);
    expect([world.state(), world.firing()]).toEqual(['firing', ['1']]);
    world.pass(20 * MINUTE);
    expect(world.firing()).toEqual(['3']);
    expect(world.engine.alerts()[0]?.sentence).toBe('flatline: 0 logs within 10m, less than 1');
    log(world);
    world.pass(5 * MINUTE);
    expect([world.state(), world.firing()]).toEqual(['ok', []]);
    world.pass(5 * MINUTE);
    expect(world.firing()).toEqual(['4']);
  });

  it('with a key is about what was seen at least once, a full time after it was', () => {
    const world = new EngineWorld({ ...FLATLINE, queryKey: 'name' });
    world.pass(20 * MINUTE);
    expect([world.state(), world.firing()]).toEqual(['ok', []]);
    log(world, { name: 'api-1' });
    world.pass(10 * MINUTE - 15_000);
    expect(world.firing()).toEqual([]);
    world.pass(15_000);
    expect(world.firing()).toEqual(['api-1 1']);
  });

  it('misses a key for a day at most: it will not come back', () => {
    const world = new EngineWorld({ ...FLATLINE, queryKey: 'name', realertMinutes: 60 });
    log(world, { name: 'api-1' });
    world.pass(24 * 60 * MINUTE - MINUTE);
    expect(world.firing()).toEqual(['api-1 24']);
    world.pass(2 * MINUTE);
    // Nobody says that it is over.
    expect(world.engine.alerts()).toEqual([]);
    world.pass(3 * 60 * MINUTE);
    expect(world.engine.figures().keys).toBe(0);
  });

  it('says nothing where nothing of the workload runs, and lets it be over', () => {
    const world = new EngineWorld({ ...FLATLINE, where: { workload: 'api' } });
    world.gone.add('api');
    world.pass(30 * MINUTE);
    expect(world.firing()).toEqual([]);
    world.gone.clear();
    world.pass(15_000);
    expect(world.firing()).toEqual(['1']);
    world.gone.add('api');
    world.pass(5 * MINUTE);
    expect(world.firing()).toEqual([]);
  });

  it('neither begins nor ends where nobody can tell, as while what is silent is started again and again', () => {
    const world = new EngineWorld({ ...FLATLINE, where: { workload: 'api' }, realertMinutes: 1440 });
    world.idle.set('api', 'its log cannot be read');
    world.pass(30 * MINUTE);
    expect(world.firing()).toEqual([]);
    world.idle.clear();
    world.pass(15_000);
    const [{ since } = { since: 0 }] = world.engine.alerts();
    for (let start = 0; start < 6; start += 1) {
      world.idle.set('api', 'none of its containers was read for 10m yet');
      world.pass(9 * MINUTE);
      world.idle.clear();
      world.pass(2 * MINUTE);
    }
    expect(world.engine.alerts()).toMatchObject([{ since, round: 1 }]);
    expect(world.firing()).toEqual(['1']);
    // What is there is there, whatever else cannot be read.
    world.idle.set('api', 'its log cannot be read');
    log(world);
    world.pass(5 * MINUTE);
    expect(world.firing()).toEqual([]);
  });
});

describe('a source that cannot be read', () => {
  it('makes a flatline unknown, for as long as its time after it is back', () => {
    const world = new EngineWorld(FLATLINE);
    world.see({ workload: 'api' }, { source: 'logs' });
    world.pass(9 * MINUTE);
    world.sources.logs = { why: 'the directory of logs is gone' };
    world.pass(60 * MINUTE);
    expect(world.firing()).toEqual([]);
    expect(world.engine.states()).toMatchObject([{ state: 'unknown', why: 'the directory of logs is gone' }]);
    world.sources.logs = { completeSince: world.unix };
    world.pass(10 * MINUTE - 15_000);
    expect([world.state(), world.firing()]).toEqual(['unknown', []]);
    world.pass(15_000);
    expect([world.state(), world.firing()]).toEqual(['firing', ['1']]);
  });

  it.each([ANY, FREQUENCY, SEVERAL, FLATLINE])('never ends what fires: $type', (settings) => {
    const world = new EngineWorld(settings);
    if (settings.type === 'flatline') world.pass(10 * MINUTE);
    for (const node of ['n1', 'n2', 'n3', 'n4', 'n5']) world.see({ name: 'a', reason: 'a', node });
    expect(world.firing()).toHaveLength(1);
    const [source, timeframe] = settings.type === 'flatline' ? ['logs' as const, 10] : ['events' as const, 5];
    world.sources[source] = { why: 'no right' };
    world.pass(12 * 60 * MINUTE);
    expect(world.firing()).toHaveLength(1);
    world.sources[source] = { completeSince: world.unix };
    const quiet = settings.type === 'any' ? 5 : timeframe + 5;
    for (let step = 0; step < quiet; step += 1) {
      if (settings.type === 'flatline') world.see({}, { source: 'logs' });
      world.pass(MINUTE - (step === 0 ? 15_000 : 0));
    }
    expect(world.firing()).toHaveLength(1);
    world.pass(15_000);
    expect(world.firing()).toHaveLength(0);
  });

  it.each([
    { ...ANY, source: 'logs', queryKey: 'workload' },
    { ...FREQUENCY, source: 'logs', queryKey: 'workload' },
  ])('never ends what fires where that log cannot be read, but where it is gone: $type', (settings) => {
    const world = new EngineWorld(settings);
    for (const workload of ['api', 'db']) world.see({ workload }, { source: 'logs', count: 5 });
    world.idle.set('api', 'its log cannot be read');
    world.pass(60 * MINUTE);
    expect(world.firing()).toEqual(['api 1']);
    world.idle.clear();
    world.pass(5 * MINUTE - 15_000);
    expect(world.firing()).toEqual(['api 1']);
    world.pass(15_000);
    expect(world.firing()).toEqual([]);
    world.idle.set('api', 'its log cannot be read');
    world.see({ workload: 'api' }, { source: 'logs', count: 5 });
    world.gone.add('api');
    world.pass(10 * MINUTE);
    expect(world.firing()).toEqual([]);
  });

  it('on one of the nodes never ends what happened there', () => {
    const checks = { ...SEVERAL, source: 'checks', maxCardinality: 1 };
    const world = new EngineWorld({ ...ANY, source: 'checks', queryKey: 'node' }, checks);
    for (const node of ['n1', 'n2']) world.see({ node, reason: 'DiskFull' }, { source: 'checks' });
    world.idle.set('n1', 'the checks of n1 are not heard');
    world.pass(60 * MINUTE);
    expect(world.firing()).toEqual(['DiskFull 1', 'n1 1']);
    world.idle.clear();
    world.pass(5 * MINUTE);
    expect(world.firing()).toEqual([]);
  });

  it('leaves “nothing fires” unknown until it was read for all of the time of the rule', () => {
    const world = new EngineWorld(FREQUENCY, ANY);
    expect([world.state('frequency'), world.state('any')]).toEqual(['unknown', 'ok']);
    expect(world.engine.states()[0]?.why).toBe('it sees all events for 0ms only, and looks back 5m');
    world.pass(5 * MINUTE);
    expect([world.state('frequency'), world.state('any')]).toEqual(['ok', 'ok']);
    world.sources.events = { why: 'the API refuses' };
    expect([world.state('frequency'), world.state('any')]).toEqual(['unknown', 'unknown']);
    world.see({ name: 'a' });
    expect(world.state('any')).toBe('firing');
  });

  it('is known for longer where what happened before was given again', () => {
    const world = new EngineWorld(FREQUENCY);
    world.sources.events = { completeSince: world.unix - 10 * MINUTE };
    for (let index = 5; index > 0; index -= 1) world.see({ name: 'a' }, { agoMs: index * 30_000 });
    expect(world.firing()).toEqual(['a 1']);
    world.engine.setRules(rulesOf({ ...FREQUENCY, name: 'other' }));
    expect(world.state('other')).toBe('unknown');
    world.engine.replayed('events', world.unix - 10 * MINUTE);
    expect(world.state('other')).toBe('ok');
  });

  it('goes by the monotonic clock: a clock set ahead makes no source complete', () => {
    const world = new EngineWorld(FLATLINE);
    world.pass(MINUTE);
    world.unix += 3_600_000;
    world.pass(15_000);
    expect([world.state(), world.firing()]).toEqual(['unknown', []]);
  });
});

describe('rules that change', () => {
  it('keep what they counted and whom they told where they stay as they are', () => {
    const world = new EngineWorld(FREQUENCY, { ...ANY, realertMinutes: 30 });
    for (let index = 0; index < 4; index += 1) world.see({ name: 'a' });
    expect(world.firing()).toEqual(['a 1']);
    world.engine.setRules(rulesOf(FLATLINE, { ...ANY, realertMinutes: 30 }, FREQUENCY));
    world.see({ name: 'a' });
    expect(world.firing()).toEqual(['a 1', 'a 1']);
    expect(world.engine.states().map(({ name }) => name)).toEqual(['flatline', 'any', 'frequency']);
  });

  it('go on with what fires where they change, and leave people alone as long as before', () => {
    const world = new EngineWorld({ ...FREQUENCY, realertMinutes: 30 });
    for (let index = 0; index < 5; index += 1) world.see({ name: 'a' });
    const [{ since } = { since: 0 }] = world.engine.alerts();
    world.engine.setRules(rulesOf({ ...FREQUENCY, realertMinutes: 30, severity: 'warning', sentence: 'now {{key}}' }));
    expect(world.engine.alerts()).toMatchObject([{ since, severity: 'warning', sentence: 'now a', round: 1 }]);
    expect(world.engine.alerts()[0]?.endedAt).toBeUndefined();
    for (let minute = 0; minute < 20; minute += 1) {
      world.see({ name: 'a' });
      world.pass(MINUTE);
      expect(world.firing()).toEqual(['a 1']);
    }
    world.pass(15 * MINUTE);
    expect(world.engine.alerts()).toMatchObject([{ since, endedAt: expect.any(Number), round: 1 }]);
  });

  it('that are changed end what does not hold any more after their time, and what is of another key at once', () => {
    const world = new EngineWorld(FREQUENCY);
    for (let index = 0; index < 5; index += 1) world.see({ name: 'a' });
    world.engine.setRules(rulesOf({ ...FREQUENCY, numEvents: 6 }));
    world.pass(10 * MINUTE - 15_000);
    expect(world.firing()).toEqual(['a 1']);
    world.pass(15_000);
    expect(world.firing()).toEqual([]);
    for (let index = 0; index < 6; index += 1) world.see({ name: 'a' });
    world.engine.setRules(rulesOf({ ...FREQUENCY, queryKey: 'reason' }));
    expect(world.engine.alerts()).toMatchObject([{ key: 'a', endedAt: world.unix }]);
  });

  it('end what fires where they go; where they come back, there is one alert and one pause', () => {
    const rule = { ...ANY, realertMinutes: 30 };
    const world = new EngineWorld(rule);
    world.see({ name: 'a' });
    world.engine.setRules([]);
    expect(world.engine.alerts()).toMatchObject([{ endedAt: world.unix }]);
    world.pass(MINUTE);
    world.engine.setRules(rulesOf(rule));
    expect(world.firing()).toEqual([]);
    world.see({ name: 'a' });
    expect(world.engine.alerts()).toMatchObject([{ since: world.unix, round: 1 }]);
    expect(world.firing()).toEqual(['a 1']);
    world.pass(30 * MINUTE);
    world.see({ name: 'a' });
    expect(world.firing()).toEqual(['a 2']);
    world.engine.setRules(rulesOf({ ...rule, queryKey: 'reason' }));
    world.engine.setRules(rulesOf(rule));
    world.see({ name: 'a' });
    expect(world.engine.alerts()).toHaveLength(1);
    world.engine.setRules([]);
    world.pass(61 * MINUTE);
    expect(world.engine.alerts()).toEqual([]);
  });
});

describe('bounds', () => {
  it('give up what was not seen for longest, and say so', () => {
    const world = new EngineWorld({ ...FREQUENCY, numEvents: 2 }, ANY);
    world.pass(10 * MINUTE);
    for (let index = 0; index < 6000; index += 1) world.see({ name: `pod-${index}` });
    const { keys, overflowed } = world.engine.figures();
    expect(keys).toBeLessThanOrEqual(4000);
    expect(overflowed).toBeGreaterThan(4000);
    expect(world.engine.states().map(({ state, why }) => `${state}: ${why}`)).toEqual([
      expect.stringMatching(/^unknown: there are more values/),
      expect.stringMatching(/^firing: there are more values/),
    ]);
    world.see({ name: 'pod-5999' });
    expect(world.firing()).toContain('pod-5999 1');
  });

  it('hold over all rules, too', () => {
    const world = new EngineWorld(...Array.from({ length: 12 }, (_, index) => ({ ...FREQUENCY, name: `f-${index}` })));
    for (let index = 0; index < 1900; index += 1) world.see({ name: `pod-${index}` });
    expect(world.engine.figures().keys).toBeLessThanOrEqual(10_000);
  });
});

describe('keys', () => {
  it('are texts for people, and a fingerprint of the rule and the values', () => {
    const keys = (queryKey: readonly string[]): string[] => {
      const world = new EngineWorld({ ...ANY, queryKey });
      world.see({ namespace: 'prod', name: 'api', kind: 'Pod', reason: 'BackOff' });
      return world.engine.alerts().map(({ key }) => key);
    };
    expect(keys(['namespace', 'name'])).toEqual(['prod/api']);
    expect(keys(['kind', 'object'])).toEqual(['Pod prod/api']);
    expect(keys(['reason', 'container'])).toEqual(['BackOff']);
    const world = new EngineWorld({ ...ANY, queryKey: ['namespace', 'name'] }, { ...ANY, name: 'other' });
    for (const namespace of ['a', 'b']) world.see({ namespace, name: 'x' });
    const prints = world.engine.alerts().map(({ fingerprint }) => fingerprint);
    expect(new Set(prints).size).toBe(3);
    for (const print of prints) expect(print).toMatch(/^[0-9a-f]{16}$/);
  });

  it('are as long as others hear them, and two that differ further on are two', () => {
    const world = new EngineWorld({ ...ANY, queryKey: ['message'] });
    for (const end of ['one', 'other']) world.see({ message: `${'x'.repeat(250)}${end}` });
    const alerts = world.engine.alerts();
    expect(alerts.map(({ key, facts }) => [key.length, facts['key'] === key])).toEqual([
      [200, true],
      [200, true],
    ]);
    expect(new Set(alerts.map(({ fingerprint }) => fingerprint)).size).toBe(2);
  });
});
