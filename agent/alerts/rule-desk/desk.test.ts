import { describe, expect, it } from 'vitest';
import type { Rule } from '../rules/types.ts';
import type { FollowedLogs } from '../../model/log-lines.ts';
import { RuleWorld, aRule } from '../../../test/lib/rule-world.ts';

const MINUTE = 60_000;
const NAMES = ['a', 'b', 'c'];

/** Each alert of each agent in short: `a: busy prod/api 2 by a`. */
const told = (world: RuleWorld): readonly string[] =>
  [...world.agents].flatMap(([name, { desk }]) =>
    desk
      .alerts()
      .map(
        ({ rule, key, round, by, isCurrent, endedAt }) =>
          `${name}: ${rule} ${key} ${round} by ${by}${isCurrent ? '' : '?'}${endedAt === undefined ? '' : ' over'}`,
      ),
  );

it('shows all agents what one of them judges', async () => {
  const world = new RuleWorld({ names: NAMES, rules: [aRule()] });
  await world.clock.advance(10_000);
  for (let event = 0; event < 5; event += 1) world.happen('prod/api');
  await world.clock.advance(3000);
  expect(told(world)).toEqual(['a: busy prod/api 1 by a', 'b: busy prod/api 1 by a', 'c: busy prod/api 1 by a']);
  expect(world.agent('c').desk.rules()).toMatchObject([{ name: 'busy', state: 'firing', firing: 1, judge: 'a' }]);
  const [alert, ofJudge] = ['c', 'a'].map((name) => world.agent(name).desk.alerts()[0]);
  expect(alert).toMatchObject({
    sentence: 'prod/api: BackOff, 5 times',
    nodes: ['node-1'],
    facts: { reason: 'BackOff' },
  });
  expect({ ...alert, lastAt: 0 }).toEqual({ ...ofJudge, lastAt: 0 });
});

it('goes on after a restart of the only agent from what it wrote last', async () => {
  const world = new RuleWorld({ names: ['a'], rules: [aRule()] });
  const trouble = async (minutes: number): Promise<void> => {
    for (let step = 0; step < minutes * 4; step += 1) {
      world.happen('prod/api');
      await world.clock.advance(15_000);
    }
  };
  await world.clock.advance(10_000);
  await trouble(7);
  expect(told(world)).toEqual(['a: busy prod/api 2 by a']);
  const [{ since } = { since: 0 }] = world.agent('a').desk.alerts();
  world.kill('a');
  await trouble(2);
  world.start('a');
  await trouble(1);
  expect(told(world)).toEqual(['a: busy prod/api 2 by a']);
  expect(world.agent('a').desk.alerts()[0]?.since).toBe(since);
  // The third word is due fifteen minutes after the first.
  await trouble(5);
  expect(told(world)).toEqual(['a: busy prod/api 2 by a']);
  // Of one event each quarter of a minute five match, and then the next five.
  await trouble(3);
  expect(told(world)).toEqual(['a: busy prod/api 3 by a']);
});

it.each([
  ['that has no room for most keys', []],
  ['though the rule was edited meanwhile', [aRule({ severity: 'critical', digest: 'e'.repeat(16) })]],
])('leaves people alone after a storm by what the judge left, %s', async (_name, edited) => {
  const world = new RuleWorld({ names: ['a', 'b'], rules: [aRule()] });
  const storm = async (minutes: number): Promise<void> => {
    for (let minute = 0; minute < minutes; minute += 1) {
      for (let pod = 0; pod < 80; pod += 1) world.happen(`prod/pod-${pod}`, 'BackOff', 5);
      await world.clock.advance(MINUTE);
    }
  };
  const rounds = (): readonly string[] => {
    const alerts = world.agent('b').desk.alerts();
    const ages = alerts.map(({ roundAt = 0 }) => Math.round((world.clock.now() - roundAt) / MINUTE));
    return [...new Set(alerts.map(({ round }, index) => `${alerts.length}: ${round}, ${ages[index]} min ago`))];
  };
  await world.clock.advance(10_000);
  await storm(17);
  expect(rounds()).toEqual(['80: 3, 2 min ago']);
  if (edited.length > 0) world.agent('b').desk.setRules(edited);
  world.kill('a');
  await storm(2);
  expect(rounds()).toEqual(['80: 3, 4 min ago']);
  // The third word is followed by twenty minutes.
  await storm(15);
  expect(rounds()).toEqual(['80: 3, 19 min ago']);
  await storm(2);
  expect(rounds()).toEqual(['80: 4, 1 min ago']);
});

it.each(['events', 'logs'] as const)(
  'goes on with a rule over %s that is known only a while after a restart',
  async (source) => {
    const rule = aRule({ source, queryKey: [], name: 'late' });
    const world = new RuleWorld({ names: ['a'], rules: [rule] });
    const place = { watch: 'errors', namespace: 'prod', workload: 'api', pod: 'api-1', container: 'main' };
    const trouble = async (minutes: number): Promise<void> => {
      for (let step = 0; step < minutes * 4; step += 1) {
        const agent = world.agent('a');
        agent.logs = { kind: 'known', since: world.clock.now(), logs: [{ ...place, readSince: world.clock.now() }] };
        world.happen('prod/api');
        agent.lines.push({ ...place, at: world.clock.now(), count: 1 });
        await world.clock.advance(15_000);
      }
    };
    await trouble(19);
    expect(told(world)).toEqual(['a: late  3 by a']);
    const [{ since } = { since: 0 }] = world.agent('a').desk.alerts();
    world.kill('a');
    world.start('a', []);
    await trouble(0.5);
    expect(told(world)).toEqual([]);
    world.agent('a').desk.setRules([rule]);
    await trouble(2);
    expect(world.agent('a').desk.alerts()).toMatchObject([{ round: 3, since }]);
  },
);

it('does not know what nobody judges, and tells of it no more after a while', async () => {
  const world = new RuleWorld({ names: ['a', 'b'], rules: [aRule()] });
  await world.clock.advance(10_000);
  for (let event = 0; event < 5; event += 1) world.happen('prod/api');
  await world.clock.advance(3000);
  world.kill('a');
  world.judge = () => 'a';
  await world.clock.advance(5000);
  expect(told(world)).toEqual(['b: busy prod/api 1 by a?']);
  expect(world.agent('b').desk.rules()).toMatchObject([{ state: 'firing', judge: 'a' }]);
  await world.clock.advance(15 * MINUTE);
  expect(told(world)).toEqual([]);
  expect(world.agent('b').desk.rules()).toMatchObject([
    { state: 'unknown', why: 'no agent is known yet that judges it' },
  ]);
});

it('does not end what nobody can see, nor calls silence what nobody can read', async () => {
  const quiet = aRule({ name: 'quiet', type: 'flatline', queryKey: [] });
  const world = new RuleWorld({ names: ['a', 'b'], rules: [aRule(), quiet] });
  world.happen('prod/db');
  await world.clock.advance(10_000);
  for (let event = 0; event < 5; event += 1) world.happen('prod/api');
  world.blind(true);
  await world.clock.advance(30 * MINUTE);
  expect(told(world)).toEqual(['a: busy prod/api 1 by a?', 'b: busy prod/api 1 by a?']);
  expect(world.agent('b').desk.rules()).toMatchObject([
    { name: 'busy', state: 'firing', why: 'nobody may read the events' },
    { name: 'quiet', state: 'unknown', why: 'nobody may read the events' },
  ]);
  world.blind(false);
  await world.clock.advance(4 * MINUTE);
  expect(told(world)).toEqual(['a: busy prod/api 1 by a', 'b: busy prod/api 1 by a']);
  // Five minutes without an event are silence, and five more are the end of what was five times in five.
  await world.clock.advance(6.5 * MINUTE);
  expect(told(world)).toEqual([
    'a: quiet  2 by a',
    'a: busy prod/api 1 by a over',
    'b: quiet  2 by a',
    'b: busy prod/api 1 by a over',
  ]);
});

it('takes up nothing of what somebody who never judged says of the whole cluster', async () => {
  const world = new RuleWorld({ names: ['a', 'b'], rules: [aRule()] });
  await world.clock.advance(10_000);
  const state = [{ rule: 'busy', is: aRule().digest.slice(0, 8), keys: [[['prod/db'], 1, 0, 0, 3e5, 3e6, 5, 7, 9]] }];
  world.agent('b').desk.setRules([]);
  world.boards.boardOf('b').tell('alerts', [{ set: 'abcdef012345' }, { local: false, age: 0, state }]);
  await world.clock.advance(60_000);
  expect(told(world)).toEqual([]);
  for (let event = 0; event < 5; event += 1) world.happen('prod/db');
  await world.clock.advance(2000);
  expect(world.agent('a').desk.alerts()).toMatchObject([{ key: 'prod/db', round: 1 }]);
});

it('says that the judge has other rules, and on which nodes they differ', async () => {
  const world = new RuleWorld({ names: NAMES, rules: [aRule()] });
  world.agent('a').desk.setRules([aRule({ name: 'other' })]);
  await world.clock.advance(50_000);
  expect(world.agent('b').desk.rules()).toMatchObject([
    { state: 'unknown', why: 'a, whose agent judges it, has other rules than this node' },
  ]);
  expect(NAMES.map((name) => world.agent(name).desk.strangers())).toEqual([['b', 'c'], ['a'], ['a']]);
});

describe('a judge that has other rules', () => {
  const withRules = async (rules: readonly Rule[]): Promise<RuleWorld> => {
    const world = new RuleWorld({ names: NAMES, rules: [aRule()] });
    world.agent('b').desk.setRules(rules);
    await world.clock.advance(10_000);
    for (let event = 0; event < 5; event += 1) world.happen('prod/api');
    await world.clock.advance(3000);
    return world;
  };
  const ofC = (world: RuleWorld): readonly string[] => told(world).filter((text) => text.startsWith('c'));

  it.each([
    ['dies', (world: RuleWorld) => world.kill('a')],
    ['leaves it to the next', (world: RuleWorld) => void (world.judge = () => 'b')],
  ])('lets stand what the one said that %s, as what nobody knows, for a quarter of an hour', async (_name, go) => {
    const world = await withRules([aRule({ name: 'other', numEvents: 50 })]);
    go(world);
    await world.clock.advance(14 * MINUTE);
    expect(ofC(world)).toEqual(['c: busy prod/api 1 by a?']);
    await world.clock.advance(2 * MINUTE);
    expect(ofC(world)).toEqual([]);
  });

  it('goes on from it, and leaves people alone as long, when it has read them', async () => {
    const world = await withRules([]);
    world.kill('a');
    // What happens now matches only together with what happened before.
    for (let step = 0; step < 20; step += 1) {
      if (step === 6) world.agent('b').desk.setRules([aRule()]);
      await world.clock.advance(15_000);
      expect(ofC(world)).toEqual([expect.stringMatching(/^c: busy prod\/api 1 by [ab]\??$/)]);
    }
    expect(ofC(world)).toEqual(['c: busy prod/api 1 by b']);
    for (let event = 0; event < 5; event += 1) world.happen('prod/api');
    await world.clock.advance(15_000);
    expect(ofC(world)).toEqual(['c: busy prod/api 2 by b']);
  });

  it('goes on from it where nothing of it can be read again', async () => {
    const world = await withRules([]);
    await world.clock.advance(6 * MINUTE);
    world.kill('a');
    await world.clock.advance(20_000);
    world.agent('b').desk.setRules([aRule({ timeframeMs: 60_000 })]);
    await world.clock.advance(20_000);
    expect(ofC(world)).toEqual(['c: busy prod/api 1 by b']);
    await world.clock.advance(5 * MINUTE);
    expect(ofC(world)).toEqual(['c: busy prod/api 1 by b over']);
  });
});

it('goes on with what fires where the rule was changed, on all nodes', async () => {
  const world = new RuleWorld({ names: NAMES, rules: [aRule()] });
  await world.clock.advance(10_000);
  for (let event = 0; event < 5; event += 1) world.happen('prod/api');
  await world.clock.advance(3000);
  for (const { desk } of world.agents.values()) desk.setRules([aRule({ digest: 'e'.repeat(16) })]);
  for (let step = 0; step < 40; step += 1) {
    world.happen('prod/api');
    await world.clock.advance(15_000);
    expect(new Set(told(world).map((text) => text.replace(/\d/, 'N')))).toEqual(
      new Set(NAMES.map((name) => `${name}: busy prod/api N by a`)),
    );
  }
});

describe('a rule that is added while others are judged', () => {
  const step = async (world: RuleWorld, steps: number): Promise<void> => {
    for (let index = 0; index < steps; index += 1) {
      world.happen('prod/api');
      await world.clock.advance(30_000);
    }
  };

  it('is given what happened before, and the others are not given it again', async () => {
    const steady = aRule({ numEvents: 11 });
    const world = new RuleWorld({ names: ['a'], rules: [steady] });
    await step(world, 30);
    const quiet = aRule({ name: 'quiet', type: 'flatline', queryKey: [] });
    const few = aRule({
      name: 'few',
      type: 'cardinality',
      cardinality: { field: 'object', min: 1 },
      queryKey: [],
      digest: 'c'.repeat(16),
    });
    const busy = aRule({ name: 'busier', numEvents: 8, digest: 'b'.repeat(16) });
    world.agent('a').desk.setRules([steady, quiet, few, busy]);
    await step(world, 1);
    expect(told(world)).toEqual(['a: busier prod/api 1 by a']);
    expect(world.agent('a').desk.rules()).toMatchObject([{ state: 'ok' }, { state: 'ok' }, { state: 'ok' }, {}]);
    await step(world, 6);
    expect(told(world)).toEqual(['a: busier prod/api 1 by a']);
    await world.clock.advance(6 * MINUTE);
    expect(told(world)).toContain('a: quiet  1 by a');
  });

  it('is given it once, though it was changed again before it had it all', async () => {
    const world = new RuleWorld({ names: ['a'], rules: [], replayMs: () => 3000 });
    await step(world, 11);
    const agent = world.agent('a');
    agent.desk.setRules([aRule({ numEvents: 11 })]);
    await world.clock.advance(1000);
    world.happen('prod/db');
    agent.desk.setRules([aRule({ numEvents: 11 }), aRule({ name: 'other', numEvents: 10, digest: 'd'.repeat(16) })]);
    await world.clock.advance(15_000);
    expect(told(world)).toEqual(['a: other prod/api 1 by a']);
  });
});

describe('rules over logs', () => {
  const place = { watch: 'errors', namespace: 'prod', workload: 'api', pod: 'api-1', container: 'main' };
  const burst = aRule({ name: 'burst', source: 'logs', queryKey: ['workload'] });
  const silent = aRule({ name: 'silent', type: 'flatline', source: 'logs', queryKey: [], digest: 'f'.repeat(16) });
  const followedSince = (since: number, logs: readonly object[]): FollowedLogs => ({
    kind: 'known',
    since,
    logs: logs.map((one) => ({ ...place, ...one })),
  });

  it('are judged by each agent of its own node, and are one alert to all', async () => {
    const world = new RuleWorld({ names: NAMES, rules: [burst] });
    await world.clock.advance(10_000);
    for (const [name, pod] of [
      ['a', 'api-1'],
      ['c', 'api-2'],
    ] as const) {
      const agent = world.agent(name);
      agent.logs = followedSince(world.clock.now(), [{ pod, readSince: world.clock.now() }]);
      agent.lines.push({ ...place, pod, at: world.clock.now(), count: 5 });
      await world.clock.advance(2000);
    }
    const [alert] = world.agent('b').desk.alerts();
    expect(world.agent('b').desk.alerts()).toHaveLength(1);
    expect(alert).toMatchObject({ key: 'api', nodes: ['a', 'c'], round: 1, isCurrent: true });
    // Of the one that let it through first: people were told of it then.
    expect(world.clock.now() - (alert?.roundAt ?? 0)).toBe(4000);
    expect(world.agent('b').desk.rules()).toMatchObject([{ state: 'firing', firing: 1 }]);
    // What one of them saw is over; what the other one saw is not.
    world.kill('c');
    await world.clock.advance(5 * MINUTE);
    expect(told(world)).toEqual(['a: burst api 1 by a', 'b: burst api 1 by a']);
  });

  it.each([
    ['nothing of the workload runs', [], 'no container that it is about runs on any node whose agent is heard'],
    [
      'its log cannot be read',
      [{ why: 'its log cannot be read: EACCES' }],
      'prod/api-1 main: its log cannot be read: EACCES',
    ],
    ['it was started a moment ago', ['young'], 'none of its containers was read for 5m yet'],
  ])('know nothing of silence where %s', async (_name, logs, why) => {
    const world = new RuleWorld({ names: ['a'], rules: [silent] });
    const agent = world.agent('a');
    const since = world.clock.now() - 60 * MINUTE;
    for (let minute = 0; minute < 12; minute += 1) {
      const young = world.clock.now() - 2 * MINUTE;
      agent.logs = followedSince(
        since,
        logs.map((one) => (one === 'young' ? { readSince: young } : (one as object))),
      );
      await world.clock.advance(MINUTE);
    }
    expect(told(world)).toEqual([]);
    expect(agent.desk.rules()).toMatchObject([{ state: 'unknown', why }]);
    agent.logs = followedSince(since, [{ readSince: since }]);
    await world.clock.advance(MINUTE);
    expect(told(world)).toEqual(['a: silent  1 by a']);
  });

  it('neither end what is in a log that cannot be read, nor let a log that never could be read keep the rest', async () => {
    const world = new RuleWorld({ names: ['a'], rules: [burst, silent] });
    const agent = world.agent('a');
    const since = world.clock.now() - 60 * MINUTE;
    const lost = { readSince: since, workload: 'old', pod: 'old-1', why: 'its log cannot be read: EACCES' };
    const worker = { readSince: since, workload: 'db', pod: 'db-1' };
    const say = (pod: string): void => {
      agent.lines.push({ ...place, pod, workload: pod.slice(0, -2), at: world.clock.now(), count: 5 });
    };
    agent.logs = followedSince(since, [{ readSince: since }, worker, lost]);
    await world.clock.advance(10_000);
    for (const pod of ['api-1', 'db-1']) say(pod);
    await world.clock.advance(2000);
    expect(told(world)).toEqual(['a: burst api 1 by a', 'a: burst db 1 by a']);
    agent.logs = followedSince(since, [{ why: 'its log cannot be read: EIO' }, worker, lost]);
    await world.clock.advance(20 * MINUTE);
    expect(told(world)).toEqual(['a: burst api 1 by a?', 'a: burst db 1 by a over']);
    agent.logs = followedSince(since, [worker, lost]);
    await world.clock.advance(6 * MINUTE);
    expect(told(world)).toEqual(['a: burst api 1 by a over', 'a: burst db 1 by a over']);
  });

  it('say that it is silent still where it was started again, and not that it is over', async () => {
    const world = new RuleWorld({ names: ['a'], rules: [silent] });
    const agent = world.agent('a');
    const since = world.clock.now() - 60 * MINUTE;
    agent.logs = followedSince(since, [{ readSince: since }]);
    await world.clock.advance(6 * MINUTE);
    expect(told(world)).toEqual(['a: silent  1 by a']);
    for (let start = 0; start < 10; start += 1) {
      agent.logs = followedSince(since, [{ readSince: world.clock.now() }]);
      await world.clock.advance(4 * MINUTE);
      expect(told(world)).toEqual([expect.stringMatching(/^a: silent {2}\d+ by a\?$/)]);
    }
    agent.logs = followedSince(since, [{ why: 'its log cannot be read: EIO' }]);
    await world.clock.advance(20 * MINUTE);
    expect(told(world)).toEqual([expect.stringMatching(/^a: silent {2}\d+ by a\?$/)]);
  });

  it.each([
    [
      'more logs are there than can be followed',
      { unfollowed: 3 },
      {},
      '3 more logs than can be followed are not read',
    ],
    [
      'more was written than could be read',
      {},
      { skippedAt: 10 * MINUTE },
      'prod/api-1 main: more was written to its log than could be read',
    ],
  ])('know nothing where %s', async (_name, ofAll, ofOne, why) => {
    const world = new RuleWorld({ names: ['a'], rules: [silent, burst] });
    const agent = world.agent('a');
    const began = world.clock.now();
    const since = began - 60 * MINUTE;
    agent.logs = { ...followedSince(since, [{ readSince: since }]), ...ofAll };
    await world.clock.advance(11 * MINUTE);
    const { skippedAt } = { skippedAt: undefined, ...ofOne };
    const one = { readSince: since, ...(skippedAt !== undefined && { skippedAt: began + skippedAt }) };
    agent.logs = { ...followedSince(since, [one]), ...ofAll };
    await world.clock.advance(MINUTE);
    expect(agent.desk.rules()).toMatchObject([{ why }, { state: 'unknown', why }]);
    if (!('unfollowed' in ofAll)) return;
    expect(told(world)).toEqual([]);
    agent.logs = { ...followedSince(since, []), ...ofAll };
    await world.clock.advance(MINUTE);
    expect(agent.desk.rules()).toMatchObject([{ why }, { why }]);
  });

  it('say which watch they miss', async () => {
    const lost = aRule({ ...silent, matcher: { is: [['watch', ['typo']]], isNot: [], has: [], hasNot: [] } });
    const world = new RuleWorld({ names: ['a'], rules: [lost] });
    world.agent('a').logs = followedSince(world.clock.now(), []);
    await world.clock.advance(10 * MINUTE);
    expect(world.agent('a').desk.rules()).toMatchObject([
      { state: 'unknown', why: 'checks.logs.watches has no watch with a pattern that is called typo' },
    ]);
  });
});
