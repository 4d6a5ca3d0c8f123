import { expect, it } from 'vitest';
import { RuleWorld, aRule } from '../../../test/lib/rule-world.ts';

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
