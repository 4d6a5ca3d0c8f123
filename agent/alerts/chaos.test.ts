/** Random hours: findings come and go, agents die and come back, cuts, a receiver that is away, slow gossip. */
import { expect, it } from 'vitest';
import { AlertWorld, type Message } from '../../test/lib/alert-world.ts';
import { createRandom } from '../../test/lib/random.ts';

const NAMES = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6'];
const REASONS = ['A', 'B', 'C', 'D', 'E'];
const RULES = ['r1', 'r2', 'r3'];
const MINUTE = 60_000;
const STEPS = 40;

interface Story {
  readonly world: AlertWorld;
  readonly standing: ReadonlySet<string>;
  /** Messages that were on their way when their agent died, or when those who had to hear of it did not. */
  readonly torn: number;
}

async function play(seed: number, isCalm: boolean): Promise<Story> {
  const random = createRandom(seed);
  const world = new AlertWorld({ names: NAMES, gossipMs: 50 + random.integer(8000) });
  const standing = new Set<string>();
  let [torn, flights, isAway, isDeadly] = [0, 0, false, false];
  world.answer = async ({ sender }) => {
    const { desk } = world.agent(sender);
    flights += 1;
    await world.clock.sleep(random.integer(20_000));
    flights -= 1;
    const isHere = (): boolean => world.running().includes(sender) && world.agent(sender).desk === desk;
    if (isDeadly && world.running().length > 3 && isHere()) {
      isDeadly = false;
      world.kill(sender);
    }
    if (!isHere()) torn += 1;
    return isAway ? { kind: 'failed', why: 'away' } : { kind: 'sent' };
  };
  const toggle = (): void => {
    const reason = random.pick(REASONS);
    if (standing.delete(reason)) return world.end(reason);
    standing.add(reason);
    world.raise(reason, [`w${reason}`], { severity: random.pick(['warning', 'warning', 'critical']) });
  };
  // They go on over the ends of a rule.
  const rounds = new Map<string, number>();
  const judge = (): void => {
    const rule = random.pick(RULES);
    const round = (rounds.get(rule) ?? 0) + 1;
    if (!standing.has(rule)) world.fire(rule, { round, nodes: random.pick([[], ['w1'], ['w1', 'w2']]) });
    else if (random.integer(3) > 0) world.again(rule);
    else {
      world.over(rule);
      return void standing.delete(rule);
    }
    standing.add(rule);
    rounds.set(rule, round);
  };
  const steps: readonly (() => void)[] = [
    toggle,
    toggle,
    judge,
    judge,
    () => {
      if (world.running().length > 3) world.kill(random.pick(world.running()));
    },
    () => {
      const [gone] = NAMES.filter((name) => !world.running().includes(name));
      if (gone !== undefined) world.start(gone);
    },
    () => {
      torn += flights;
      world.partition(NAMES.slice(0, 4), NAMES.slice(4));
    },
    () => world.heal(),
    () => {
      // Those who find it well again at one moment, while news takes seconds.
      if (isAway) torn += 2;
      isAway = !isAway;
    },
    () => {
      isDeadly = true;
    },
  ];
  await world.clock.advance(MINUTE);
  for (let step = 0; step < STEPS; step += 1) {
    random.pick(isCalm ? [toggle, judge] : steps)();
    await world.clock.advance(1000 + random.integer(4 * MINUTE));
  }
  world.heal();
  [isAway, isDeadly] = [false, false];
  for (const name of NAMES) if (!world.running().includes(name)) world.start(name);
  await world.clock.advance(30 * MINUTE);
  return { world, standing, torn };
}

/** What the receiver believes of each reason by the last word that it got. */
const believed = (messages: readonly Message[]): ReadonlySet<string> => {
  const firing = new Set<string>();
  for (const { alerts } of messages)
    for (const { reason, endedAt } of alerts) {
      if (endedAt === undefined) firing.add(reason);
      else firing.delete(reason);
    }
  return firing;
};

/** Messages that say what another one has said, but for those of two sides of a cut. */
const repeated = (messages: readonly Message[]): number =>
  messages.filter(({ id, side }, index) =>
    messages
      .slice(0, index)
      .some((other) => other.id === id && (side === undefined || other.side === undefined || other.side === side)),
  ).length;

/** That one round of a rule was told again, but for those of two sides of a cut. */
const roundsTwice = (messages: readonly Message[]): number => {
  const told = messages.flatMap(({ alerts, side }) =>
    alerts.flatMap(({ reason, rule, endedAt }) =>
      rule === undefined ? [] : [{ word: `${reason} ${rule.round} ${endedAt === undefined}`, side }],
    ),
  );
  return told.filter(({ word, side }, index) =>
    told
      .slice(0, index)
      .some((other) => other.word === word && (side === undefined || other.side === undefined || other.side === side)),
  ).length;
};

const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);

it.each(SEEDS)('is told once where nobody dies, however slow the news (%i)', async (seed) => {
  const { world, standing } = await play(seed, true);
  expect(believed(world.messages)).toEqual(standing);
  expect(repeated(world.messages)).toBe(0);
  expect(roundsTwice(world.messages)).toBe(0);
  for (const name of NAMES) expect(world.agent(name).desk.told.duplicates()).toBe(0);
  // One message in the interval, and one more for what is critical.
  const spans = world.messages.map(({ atMs }, index) => atMs - (world.messages[index - 2]?.atMs ?? -Infinity));
  expect(Math.min(...spans)).toBeGreaterThan(2 * MINUTE);
});

it.each(SEEDS)('knows how it is in the end, whatever happened (%i)', async (seed) => {
  const { world, standing, torn } = await play(seed, false);
  expect(believed(world.messages)).toEqual(standing);
  expect(repeated(world.messages)).toBeLessThanOrEqual(torn);
  // A message has all that is new.
  expect(roundsTwice(world.messages)).toBeLessThanOrEqual(torn * RULES.length);
  for (const name of NAMES) {
    const { desk } = world.agent(name);
    expect(desk.lines.map((line) => [desk.newsOf(line).length, line.owed.size])).toEqual([[0, 0]]);
  }
});
