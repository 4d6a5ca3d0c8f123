/** What rules say, told by the same desk as what is found. */
import { describe, expect, it } from 'vitest';
import { AlertWorld } from '../../test/lib/alert-world.ts';
import type { RuleAlert } from '../model/rule-alert.ts';
import { EngineWorld } from './rules/testing.ts';
import { seenIn } from './alert.ts';
import { seenOfRules } from './rule-alerts.ts';

const NAMES = ['n1', 'n2', 'n3', 'n4', 'n5'];
const MINUTE = 60_000;
const begun = async (options: Partial<ConstructorParameters<typeof AlertWorld>[0]> = {}): Promise<AlertWorld> => {
  const world = new AlertWorld({ names: NAMES, ...options });
  await world.clock.advance(MINUTE);
  return world;
};
/** Without who told it. */
const words = (world: AlertWorld): readonly string[] =>
  world.told().map((one) => one.slice(4).split(' ').sort().join(' '));
const rounds = (world: AlertWorld): readonly (number | undefined)[] =>
  world.messages.flatMap(({ alerts }) => alerts.map(({ rule }) => rule?.round));

describe('a rule that fires', () => {
  it('is told once by the first in rank, again for each round that it wants, and its end once', async () => {
    const world = await begun();
    const [first] = world.ranked();
    world.fire('restart-storm', { key: 'prod/api', facts: { namespace: 'prod' }, nodes: ['n2'] });
    await world.clock.advance(29_000);
    expect(world.messages).toEqual([]);
    await world.clock.advance(12 * 3_600_000);
    expect(world.told()).toEqual([`${first}: +restart-storm`]);
    for (let round = 2; round <= 4; round += 1) {
      world.again('restart-storm', 'prod/api');
      await world.clock.advance(30 * MINUTE);
    }
    expect(rounds(world)).toEqual([1, 2, 3, 4]);
    world.over('restart-storm', 'prod/api');
    await world.clock.advance(12 * 3_600_000);
    expect(words(world).slice(4)).toEqual(['-restart-storm']);
    expect(world.messages.at(-1)?.alerts[0]).toMatchObject({ reason: 'restart-storm', rule: { key: 'prod/api' } });
  });

  it('is told by its latest round where several have passed meanwhile', async () => {
    const world = await begun();
    world.fire('busy');
    for (let round = 0; round < 20; round += 1) {
      await world.clock.advance(MINUTE);
      world.again('busy');
    }
    await world.clock.advance(20 * MINUTE);
    const told = rounds(world);
    expect(told.length).toBeLessThan(7);
    expect(told.at(-1)).toBe(21);
    expect(new Set(told).size).toBe(told.length);
  });

  it('is not told beside others, nor again when it gets wider', async () => {
    const world = await begun();
    world.fire('wide', { nodes: ['w1'] });
    await world.clock.advance(10 * MINUTE);
    world.fire('wide', { nodes: ['w1', 'w2', 'w3', 'w4', 'w5'] });
    world.raise('DiskFull', ['n3']);
    await world.clock.advance(10 * MINUTE);
    expect(words(world)).toEqual(['+wide', '+DiskFull']);
  });

  it('is one story for each value of its key, also on the same nodes, and beside a finding of the same name', async () => {
    const world = await begun();
    world.fire('NodesLost', { key: 'a', nodes: ['w1', 'w2'] });
    await world.clock.advance(10 * MINUTE);
    world.fire('NodesLost', { key: 'b', nodes: ['w1'] });
    world.raise('NodeUnreachable', ['w1']);
    await world.clock.advance(10 * MINUTE);
    expect(words(world)).toEqual(['+NodesLost', '+NodeUnreachable +NodesLost']);
    world.over('NodesLost', 'a');
    await world.clock.advance(10 * MINUTE);
    expect(words(world).slice(2)).toEqual(['+NodeUnreachable -NodesLost']);
  });

  it('is told anew when it fires after its end by another round', async () => {
    const world = await begun();
    for (const round of [1, 2]) {
      world.fire('busy', { round });
      await world.clock.advance(10 * MINUTE);
      world.over('busy');
      await world.clock.advance(20 * MINUTE);
    }
    expect(words(world)).toEqual(['+busy', '-busy', '+busy', '-busy']);
  });

  it('is not told where it fires again by the same round, as while the rule lets nobody hear of it, until that grows', async () => {
    const world = await begun();
    world.fire('busy');
    await world.clock.advance(10 * MINUTE);
    world.over('busy');
    await world.clock.advance(10 * MINUTE);
    world.fire('busy');
    await world.clock.advance(10 * MINUTE);
    expect(words(world)).toEqual(['+busy', '-busy']);
    world.over('busy');
    await world.clock.advance(10 * MINUTE);
    world.fire('busy');
    await world.clock.advance(10 * MINUTE);
    world.again('busy');
    await world.clock.advance(10 * MINUTE);
    expect(words(world)).toEqual(['+busy', '-busy', '+busy']);
    expect(rounds(world)).toEqual([1, 1, 2]);
  });

  it('has one end, also where it was over and fired again before that was told', async () => {
    const world = await begun();
    world.fire('busy');
    await world.clock.advance(4 * MINUTE);
    world.over('busy');
    await world.clock.advance(10_000);
    world.fire('busy');
    await world.clock.advance(30 * MINUTE);
    expect(words(world)).toEqual(['+busy']);
    world.over('busy');
    await world.clock.advance(30 * MINUTE);
    expect(words(world)).toEqual(['+busy', '-busy']);
  });

  it('is told though its rounds are counted anew, by a smaller number or the same', async () => {
    const world = await begun();
    for (const round of [3, 1, 1]) {
      world.fire('busy', { round, roundAt: world.clock.now() });
      await world.clock.advance(10 * MINUTE);
      world.over('busy');
      await world.clock.advance(10 * MINUTE);
    }
    expect(words(world)).toEqual(['+busy', '-busy', '+busy', '-busy', '+busy', '-busy']);
  });

  it('is told though its rounds are counted anew while it fires, as by who takes over and knows none of them', async () => {
    const world = await begun();
    world.fire('busy', { round: 7 });
    await world.clock.advance(10 * MINUTE);
    for (const round of [1, 2, 3]) {
      world.fire('busy', { round });
      await world.clock.advance(10 * MINUTE);
    }
    expect(rounds(world)).toEqual([7, 1, 2, 3]);
  });

  it('is told where its end was told so late that its rounds are counted anew', async () => {
    const world = await begun({ timing: { groupIntervalMs: 60 * MINUTE } });
    world.fire('busy');
    await world.clock.advance(2 * MINUTE);
    world.over('busy');
    await world.clock.advance(61 * MINUTE);
    world.fire('busy', { roundAt: world.clock.now() });
    await world.clock.advance(3 * 60 * MINUTE);
    expect(words(world)).toEqual(['+busy', '-busy', '+busy']);
  });

  it('is told once in the time of realert, however often it fires and ends in it', async () => {
    const world = await begun({ names: ['n1', 'n2'] });
    const judge = new EngineWorld({
      name: 'gc',
      type: 'any',
      source: 'events',
      severity: 'warning',
      realertMinutes: 1440,
    });
    const ends: (number | undefined)[] = [];
    for (let minute = 0; minute < 27 * 60; minute += 1) {
      if (minute % 60 === 0) judge.see({ reason: 'ImageGCFailed' });
      judge.pass(MINUTE);
      const [alert] = judge.engine.alerts();
      ends.push(alert?.endedAt);
      // Its clock is another one.
      const { since = 0, lastAt = 0, endedAt, roundAt = 0 } = alert ?? {};
      const here = (at: number): number => at - judge.unix + world.clock.now();
      const end = endedAt === undefined ? {} : { endedAt: here(endedAt) };
      world.fire('gc', { ...alert, since: here(since), lastAt: here(lastAt), roundAt: here(roundAt), ...end });
      await world.clock.advance(MINUTE);
    }
    expect(new Set(ends).size).toBeGreaterThan(24);
    expect(words(world)).toEqual(['+gc', '-gc', '+gc', '-gc']);
    expect(world.messages.map(({ atMs }) => Math.floor(atMs / (60 * MINUTE)))).toEqual([0, 0, 24, 24]);
  });

  it('is told by a round that could not be told while it fired', async () => {
    const world = await begun();
    world.fire('busy');
    await world.clock.advance(10 * MINUTE);
    world.over('busy');
    await world.clock.advance(10 * MINUTE);
    world.answer = () => ({ kind: 'failed', why: 'away' });
    world.fire('busy', { round: 2 });
    await world.clock.advance(10 * MINUTE);
    world.over('busy');
    await world.clock.advance(10 * MINUTE);
    world.answer = () => ({ kind: 'sent' });
    await world.clock.advance(20 * MINUTE);
    expect(words(world)).toEqual(['+busy', '-busy', '-busy late']);
  });

  it('is told to those that it names, else to those for whom it matters', async () => {
    const receivers = [
      { name: 'critical', wishes: { minSeverity: 'critical' } },
      { name: 'named', wishes: { minSeverity: 'critical', reasons: ['busy'] } },
      { name: 'except', wishes: { except: ['busy'] } },
    ] as const;
    const whoHears = async (more: Parameters<AlertWorld['fire']>[1]): Promise<readonly string[]> => {
      const world = await begun({ receivers });
      world.fire('busy', more);
      await world.clock.advance(20 * MINUTE);
      return [...new Set(world.messages.map(({ receiver }) => receiver))].sort();
    };
    expect(await whoHears({})).toEqual(['named']);
    expect(await whoHears({ severity: 'critical' })).toEqual(['critical']);
    expect(await whoHears({ receivers: ['except'], severity: 'info' })).toEqual(['except']);
    expect(await whoHears({ receivers: ['nobody'] })).toEqual([]);
  });

  it('is not told while it is silenced, and then by the round that it has', async () => {
    const world = await begun();
    world.agent('n1').silences.begin({ reason: 'busy', forMs: 60 * MINUTE, comment: '' });
    await world.clock.advance(5000);
    world.fire('busy');
    await world.clock.advance(10 * MINUTE);
    world.again('busy');
    await world.clock.advance(40 * MINUTE);
    expect(world.messages).toEqual([]);
    await world.clock.advance(20 * MINUTE);
    expect(rounds(world)).toEqual([2]);
  });
});

describe('who judges it', () => {
  it('is not heard: nothing is called over, and nothing begins', async () => {
    const world = await begun({ names: [...NAMES, 'n6'] });
    world.fire('on-n6', { by: 'n6' });
    await world.clock.advance(5 * MINUTE);
    expect(words(world)).toEqual(['+on-n6']);
    world.kill('n6');
    await world.clock.advance(MINUTE);
    for (const name of NAMES) world.kill(name);
    world.again('on-n6');
    world.fire('later', { by: 'n6' });
    for (const name of NAMES) world.start(name);
    await world.clock.advance(120 * MINUTE);
    expect(words(world)).toEqual(['+on-n6']);
    world.start('n6');
    await world.clock.advance(10 * MINUTE);
    expect(words(world).slice(1)).toEqual(['+later +on-n6']);
    world.over('on-n6');
    world.over('later');
    await world.clock.advance(10 * MINUTE);
    expect(words(world).slice(2)).toEqual(['-later -on-n6']);
  });

  it('has withdrawn it without a word: it is neither over nor told again', async () => {
    const world = await begun();
    world.fire('gone');
    await world.clock.advance(5 * MINUTE);
    world.withdraw('gone');
    await world.clock.advance(26 * 3_600_000);
    expect(words(world)).toEqual(['+gone']);
    expect(world.agent('n1').desk.kept()).toEqual([]);
  });
});

it('is told by those who know rules while others are the first', async () => {
  const world = await begun();
  const [first = ''] = world.ranked();
  // An agent of an earlier version has no rules.
  world.fire('busy', { by: NAMES.find((name) => name !== first) ?? '' });
  world.muzzle(first);
  await world.clock.advance(5 * MINUTE);
  expect(words(world)).toEqual(['+busy']);
  world.again('busy');
  await world.clock.advance(10 * MINUTE);
  expect(rounds(world)).toEqual([1, 2]);
});

it('has an end that is told by an agent that saw neither, where the log says that it was told', async () => {
  const world = await begun({ names: ['n1', 'n2', 'n3'] });
  world.fire('busy');
  await world.clock.advance(5 * MINUTE);
  for (const name of ['n1', 'n2', 'n3']) {
    world.kill(name);
    world.keep(name, undefined);
  }
  world.over('busy');
  await world.clock.advance(MINUTE);
  for (const name of ['n1', 'n2', 'n3']) world.start(name);
  await world.clock.advance(10 * MINUTE);
  expect(words(world)).toEqual(['+busy', '-busy']);
});

it('is read of those that fire first, of these the gravest, and of no agent more than leaves room for others', () => {
  const many = (count: number, more: Partial<RuleAlert>): RuleAlert[] =>
    Array.from({ length: count }, (_, index) => ({ ...aRule, fingerprint: `${more.by}-${index}`, ...more }));
  const over = many(600, { by: 'n2', severity: 'info', endedAt: 2000 });
  const grave: RuleAlert = { ...aRule, fingerprint: 'grave', rule: 'Grave', severity: 'critical' };
  expect(seenOfRules([...over, ...many(100, { by: 'n3' }), grave])[0]?.alert.reason).toBe('Grave');
  const loud = many(600, { by: 'evil', severity: 'critical' });
  const quiet = seenOfRules([...loud, grave, { ...aRule, fingerprint: 'quiet', rule: 'Quiet', by: 'n4' }]);
  expect(quiet.map(({ alert }) => alert.reason).slice(-2)).toEqual(['Grave', 'Quiet']);
});

it('stands behind findings as grave as it is, however long it fires', async () => {
  const world = await begun();
  for (let index = 0; index < 150; index += 1)
    world.fire('evil', { key: String(index), severity: 'critical', since: 0, by: 'n3' });
  world.raise('EtcdQuorumLost', ['m1'], { severity: 'critical' });
  await world.clock.advance(MINUTE);
  expect(world.messages[0]?.alerts[0]?.reason).toBe('EtcdQuorumLost');
});

it('never has the name of a finding', () => {
  const world = new AlertWorld({ names: ['n1'] });
  world.fire('A');
  const [one] = seenOfRules([{ ...aRule, fingerprint: '0123456789abcdef' }]);
  expect(one?.alert.fingerprint).toMatch(/^[0-9a-f]{16}$/);
  expect(one?.alert.fingerprint).not.toBe('0123456789abcdef');
  expect(seenIn({ findings: [] })).toEqual([]);
});

const aRule = {
  rule: 'A',
  key: '',
  severity: 'warning',
  sentence: '',
  facts: {},
  nodes: [],
  since: 0,
  lastAt: 0,
  round: 1,
  receivers: [],
  by: 'n1',
  isCurrent: true,
} as const;
