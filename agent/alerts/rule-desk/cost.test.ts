/** What is told of as many rules and alerts as a large cluster has. */
import { expect, it } from 'vitest';
import { RuleWorld, aRule } from '../../../test/lib/rule-world.ts';

const RULES = 200;
const ALERTS = 100;

it('is one note a minute with 200 rules and 100 alerts that fire, and all have room in it', async () => {
  const rules = Array.from({ length: RULES }, (_, index) =>
    aRule({
      name: `rule-${index}`,
      digest: `digest-${index}`.padEnd(16, '0'),
      matcher: { is: [['reason', [`Reason${index}`]]], isNot: [], has: [], hasNot: [] },
    }),
  );
  const world = new RuleWorld({ names: ['a', 'b'], rules });
  await world.clock.advance(10_000);
  const happen = (): void => {
    for (let alert = 0; alert < ALERTS; alert += 1) world.happen(`prod/pod-${alert}`, `Reason${alert}`);
  };
  for (let event = 0; event < 5; event += 1) happen();
  await world.clock.advance(20_000);
  for (const name of ['a', 'b']) {
    expect(world.agent(name).desk.alerts()).toHaveLength(ALERTS);
    expect(world.agent(name).desk.omitted()).toBe(0);
  }
  // While nothing changes, what fires is said once a minute by its judge, and by nobody else.
  const before = world.boards.told;
  await world.clock.advance(4 * 60_000);
  expect(world.boards.told - before).toBe(4);
});

it('is one note of the one that judges where nothing fires, and one of each whose rules are others', async () => {
  const names = Array.from({ length: 30 }, (_, index) => `n${10 + index}`);
  const logs = aRule({ name: 'burst', source: 'logs', queryKey: ['workload'] });
  const world = new RuleWorld({ names, rules: [aRule(), logs] });
  await world.clock.advance(60_000);
  expect(world.boards.told).toBe(1);
  expect(world.agent('n20').desk.rules()).toMatchObject([
    { state: 'ok', judge: 'n10' },
    { why: 'no container that it is about runs on any node whose agent is heard' },
  ]);
  expect(world.agent('n20').desk.strangers()).toEqual([]);
  world.agent('n20').desk.setRules([aRule({ numEvents: 6, digest: 'e'.repeat(16) })]);
  // Not all are given a changed file at once.
  await world.clock.advance(25_000);
  expect(world.boards.told).toBe(1);
  await world.clock.advance(10_000);
  expect(world.boards.told).toBe(2);
  expect(world.agent('n39').desk.strangers()).toEqual(['n20']);
  world.agent('n20').desk.setRules([aRule(), logs]);
  await world.clock.advance(10_000);
  expect(world.agent('n39').desk.strangers()).toEqual([]);
});
