/** Random hours: whoever judges dies, the cluster is cut and heals, and people are told as by one who was always there. */
import { expect, it } from 'vitest';
import type { RuleAlert } from '../../model/rule-alert.ts';
import { RuleWorld, aRule } from '../../../test/lib/rule-world.ts';
import { type Random, createRandom } from '../../../test/lib/random.ts';

const NAMES = ['a', 'b', 'c'];
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOURS = 4;
/** ElastAlert sends what fires all the time after 0, 5, 15, 35, 75, 135, 195 minutes, with five minutes and at most an hour. */
const PAUSES = [5, 10, 20, 40, 60, 60];
/** Five times as often as needed for three minutes; for the rest of it nothing. */
const BURSTS_MS = 40 * MINUTE;
/** Until it is noticed that somebody is gone, another one has waited, looked at what happened, and found the next event. */
const TAKE_OVER_MS = 45 * SECOND;

interface Story {
  /** Round → when any agent told of it first, and when one did last that had told of the one before, ms. */
  readonly rounds: ReadonlyMap<number, { readonly first: number; last: number }>;
  /** When people were told of what comes and goes, ms: of a new round, or that it is back. */
  readonly bursts: readonly number[];
  readonly wrong: readonly string[];
  readonly deaths: number;
  readonly cuts: number;
}

/** One object is in trouble all the time; another comes and goes. */
async function play(seed: number): Promise<Story> {
  const random = createRandom(seed);
  const world = new RuleWorld({ names: NAMES, rules: [aRule()], replayMs: () => random.integer(3000) });
  world.boards.gossipMs = 50 + random.integer(2000);
  const rounds = new Map<number, { readonly first: number; last: number }>();
  const bursts: number[] = [];
  let told: { readonly round: number; readonly isOver: boolean; readonly at: number } | undefined;
  const hear = ({ round, since, endedAt }: RuleAlert): void => {
    const isNew = told === undefined || round > told.round || (told.isOver && since > told.at);
    if (endedAt === undefined && isNew) {
      bursts.push(world.clock.monotonic());
      told = { round, isOver: false, at: since };
    } else if (endedAt !== undefined && told !== undefined && endedAt > told.at)
      told = { ...told, isOver: true, at: endedAt };
  };
  const wrong: string[] = [];
  const heard = new Map<string, number>();
  let [deaths, cuts, isCut] = [0, 0, false];
  const listen = (): void => {
    const nowMs = world.clock.monotonic();
    for (const [name, { desk, startedMs }] of world.agents) {
      for (const one of desk.alerts()) if (one.key === 'prod/db') hear(one);
      const alert = desk.alerts().find(({ key }) => key === 'prod/api');
      const life = `${name} ${startedMs}`;
      const at = `${name} after ${Math.round(nowMs / SECOND)} s`;
      if (alert === undefined) {
        if (heard.has(life)) wrong.push(`${at}: gone`);
        continue;
      }
      if (alert.endedAt !== undefined) wrong.push(`${at}: over`);
      if (alert.round < (heard.get(life) ?? 0)) wrong.push(`${at}: from ${heard.get(life)} back to ${alert.round}`);
      const round = rounds.get(alert.round) ?? { first: nowMs, last: nowMs };
      if (heard.get(life) === alert.round - 1) round.last = nowMs;
      rounds.set(alert.round, round);
      heard.set(life, alert.round);
    }
  };
  await world.clock.advance(10 * SECOND);
  const end = world.clock.monotonic() + HOURS * 60 * MINUTE;
  let nextMs = 0;
  while (world.clock.monotonic() < end) {
    const nowMs = world.clock.monotonic();
    if (nowMs % (15 * SECOND) === 0) world.happen('prod/api');
    if (nowMs % BURSTS_MS < 3 * MINUTE && nowMs % (10 * SECOND) === 0) world.happen('prod/db');
    if (nowMs >= nextMs && nowMs > 5 * MINUTE) {
      nextMs = nowMs + (1 + random.integer(12)) * MINUTE;
      const fate = misfortune(world, random, isCut);
      if (fate === 'death') deaths += 1;
      if (fate === 'cut') cuts += 1;
      if (fate === 'cut' || fate === 'healed') isCut = fate === 'cut';
    }
    await world.clock.advance(SECOND);
    listen();
  }
  return { rounds, bursts, wrong, deaths, cuts };
}

function misfortune(world: RuleWorld, random: Random, isCut: boolean): 'death' | 'birth' | 'cut' | 'healed' | 'none' {
  const running = [...world.agents.keys()];
  const dead = NAMES.filter((name) => !running.includes(name));
  if (random.chance(0.4) && running.length > 1) {
    const judge = world.judgeFor(running[0] ?? '') ?? '';
    const victim = random.chance(0.7) && running.includes(judge) ? judge : random.pick(running);
    world.kill(victim);
    world.clock.after((10 + random.integer(400)) * SECOND, () => {
      if (!world.agents.has(victim)) world.start(victim);
    });
    return 'death';
  }
  if (dead.length === 0 && random.chance(0.5)) {
    if (isCut) world.boards.heal();
    else {
      const alone = random.pick(NAMES);
      world.boards.cut(
        [alone],
        NAMES.filter((name) => name !== alone),
      );
    }
    return isCut ? 'healed' : 'cut';
  }
  return 'none';
}

const SEED = Number(process.env['MEERKAT_SEED'] ?? 1);
const SEEDS = Array.from({ length: process.env['MEERKAT_LONG'] === undefined ? 4 : 40 }, (_, index) => SEED + index);

it.each(SEEDS)(
  'tells people in time and once, and ends nothing that goes on (seed %i)',
  { timeout: 120_000 },
  async (seed) => {
    const { rounds, bursts, wrong, deaths, cuts } = await play(seed);
    expect(wrong).toEqual([]);
    expect(deaths + cuts).toBeGreaterThan(5);
    expect(rounds.size).toBe(PAUSES.length + 1);
    for (const [index, minutes] of PAUSES.entries()) {
      const [one, next] = [rounds.get(index + 1), rounds.get(index + 2)];
      expect((next?.first ?? 0) - (one?.first ?? 0), `round ${index + 2}`).toBeGreaterThanOrEqual(
        minutes * MINUTE - SECOND,
      );
      // Where each side of a cut has told it on its own, all wait for as long as the later one would. Whoever dies with a round that
      // nobody has heard of leaves it to be told by the next one.
      expect((next?.first ?? 0) - (one?.last ?? 0), `round ${index + 2}`).toBeLessThanOrEqual(
        minutes * MINUTE + 2 * TAKE_OVER_MS,
      );
    }
    // Once each time that it comes, soon after its fifth event.
    expect(bursts.map((ms) => Math.floor(ms / BURSTS_MS))).toEqual(
      Array.from({ length: (HOURS * 60 * MINUTE) / BURSTS_MS }, (_, index) => index),
    );
    for (const ms of bursts) expect(ms % BURSTS_MS).toBeLessThanOrEqual(40 * SECOND + TAKE_OVER_MS);
  },
);
