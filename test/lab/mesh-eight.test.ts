/**
 * Many of eight agents stop, freeze or start at once, or their network falls apart in two and in three: who can say so says
 * the right thing, and nothing stays of it.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiTimeline } from '../../agent/http/contract/history.ts';
import { timelineOf } from './lib/agents.ts';
import { expectCutAndHeal } from './lib/cut.ts';
import { type Fleet, createFleet } from './lib/fleet.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { type Said, sleep, worst } from './lib/watch.ts';

const missing = whyNoLab();
if (missing !== undefined) process.stderr.write(`mesh-eight: skipped, ${missing}\n`);

/** Design section 13; asserted at twice that, as all times here. */
const AGENT_KILLED_MS = 1500;
/** What takes long and is much like another row. */
const IS_LONG = process.env['MEERKAT_LONG'] !== undefined;
const AWAKE_MS = 10_000;
/** All start at once on one machine, from source. */
const HEALTHY_MS = 30_000;
const FROZEN_MS = 10_000;
const STAGGER_MS = 300;
/** For a cut of 5 s. */
const HEAL_MS = 1500;
const CUT_FOR_MS = 5000;

/** An agent that has just started, and its host that refuses the port until it does. No verdict is worth a warning. */
const STARTING = [/: n\d is (suspect|agent-down)$/, /: AgentDown n\d info$/, /: status unknown$/];
/** The first of them that is up finds no seed that runs. It is `unknown` then, and says why. */
const FIRST = /^n[12]: SeedsUnmet n[12] warning$/;
const LEAVING = [/: n\d is leaving$/, /: NodeLeaving n\d info$/];
/** Once it is over it is told for a quarter of an hour. */
const HISTORY = /: Partition n\d(\+n\d)* info$/;

describe.skipIf(missing !== undefined)('eight agents', () => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await createFleet({ size: 8 });
    await fleet.untilCalm();
  });
  // Also where one failed, the next one begins with nothing wrong.
  beforeEach(async () => {
    await fleet.restore();
    await fleet.untilHealthy('all is well');
  });
  afterAll(() => fleet?.remove());

  /** Nothing else was said since the fault, and nothing is left of it on any agent. */
  const expectOver = async (expected: readonly RegExp[], left: readonly RegExp[] = []): Promise<void> => {
    const { watch, lab } = fleet;
    await watch.untilSameDigest(lab.hosts, 'afterwards');
    expect(watch.others(expected)).toEqual([]);
    watch.begin();
    await sleep(3000);
    expect(watch.others(left)).toEqual([]);
  };

  it('all frozen for 10 s at once: nobody accuses anybody, each says that it was paused, then all are healthy', async () => {
    const { watch, names } = fleet;
    const before = new Map(names.map((name) => [name, statusesIn(fleet.outputOf(name)).length]));
    watch.begin();
    fleet.freeze(names);
    await sleep(FROZEN_MS);
    expect(watch.others([/: no answer$/])).toEqual([]);
    watch.begin();
    fleet.thaw(names);
    const awake = await fleet.untilHealthy('all are awake again');
    expect(worst(awake)).toBeLessThan(watch.dueMs(AWAKE_MS));
    for (const name of names) {
      // Some are asked only when it is over again: then their log tells.
      const said = withoutRepeats(statusesIn(fleet.outputOf(name)).slice(before.get(name)));
      const first = watch.firstSaid(new RegExp(`^${name}: status healthy$`));
      print(`${name} says ${said.join(', then ')}, healthy after ${first} ms`);
      expect(said, name).toEqual(['unknown', 'healthy']);
    }
    await expectOver([/: no answer$/]);
  });

  it.skipIf(!IS_LONG)('three killed at once: down on every other host, each of them', async () => {
    const { watch } = fleet;
    const victims = ['n1', 'n2', 'n3'];
    watch.begin();
    void fleet.kill(victims);
    const told = await watch.until(fleet.but(victims), 'three are agent-down', areDown(victims));
    expect(worst(told)).toBeLessThan(watch.dueMs(AGENT_KILLED_MS));
    await sleep(3000);
    const expected = [/^n[123]: nothing$/, /: n[123] is (suspect|agent-down)$/, /: AgentDown n[123] info$/];
    expect(watch.others(expected)).toEqual([]);

    watch.begin();
    await fleet.start(victims);
    expect(worst(await fleet.untilHealthy('three are back'))).toBeLessThan(watch.dueMs(HEALTHY_MS));
    await expectOver([...expected, ...victims.flatMap(young)]);
    for (const host of fleet.but(victims))
      expect(tellsOf((await timelineOf(host)).events), host.name).toEqual(
        victims.flatMap((name) => [`AgentDown ${name} concluded`, `AgentDown ${name} resolved`]),
      );
  });

  it.skipIf(!IS_LONG)(
    'five killed, one every 300 ms: each is down in time; three of eight say that they are too few to judge',
    async () => {
      const { watch, names } = fleet;
      const victims = ['n4', 'n5', 'n6', 'n7', 'n8'];
      watch.begin();
      const kills = victims.map(async (victim, index) => {
        await sleep(index * STAGGER_MS);
        await fleet.kill([victim]);
      });
      const survivors = fleet.but(victims);
      const told = await Promise.all(
        victims.map(async (victim, index) => {
          const said = await watch.until(survivors, `${victim} is agent-down`, areDown([victim]));
          return worst(said) - index * STAGGER_MS;
        }),
      );
      await Promise.all(kills);
      print(`after its kill: ${told.join(', ')} ms`);
      expect(Math.max(...told)).toBeLessThan(watch.dueMs(AGENT_KILLED_MS));
      const few = await watch.until(survivors, 'too few', ({ status }) => status.status === 'unknown');
      for (const { status } of few)
        expect(status.sentence).toMatch(/^Only 3 of 8 nodes are connected to n\d, too few to judge/);
      await sleep(3000);
      const expected = [
        /^n[4-8]: nothing$/,
        /: n[4-8] is (suspect|agent-down)$/,
        /: AgentDown n[4-8] info$/,
        /: status unknown$/,
      ];
      expect(watch.others(expected)).toEqual([]);

      // Now nobody is left who could tell them anything: what each has is on its own disk.
      await fleet.kill(['n1', 'n2', 'n3']);
      watch.begin();
      await fleet.start(names);
      expect(worst(await fleet.untilHealthy('all eight start at once'))).toBeLessThan(watch.dueMs(HEALTHY_MS));
      await expectOver(STARTING);
    },
  );

  it('three of eight cut off: the five miss three, a warning; the three miss most nodes, which is critical', () =>
    expectCutAndHeal(fleet, {
      sides: [
        { names: ['n1', 'n2', 'n3', 'n4', 'n5'], status: 'degraded' },
        { names: ['n6', 'n7', 'n8'], status: 'critical' },
      ],
      forMs: CUT_FOR_MS,
      healMs: HEAL_MS,
    }));

  it.skipIf(!IS_LONG)('cut in three: no side has most of the nodes, and each says that it lost the two others', () =>
    expectCutAndHeal(fleet, {
      sides: [
        { names: ['n1', 'n4', 'n7'], status: 'critical' },
        { names: ['n2', 'n5', 'n8'], status: 'critical' },
        { names: ['n3', 'n6'], status: 'critical' },
      ],
      forMs: CUT_FOR_MS,
      healMs: HEAL_MS,
    }),
  );

  it('all restarted at once: healthy soon, and nothing red on the way', async () => {
    const { watch, names, lab } = fleet;
    const began = Date.now();
    watch.begin();
    await fleet.stop(names);
    await fleet.start(names);
    expect(worst(await fleet.untilHealthy('all are restarted'))).toBeLessThan(watch.dueMs(HEALTHY_MS));
    await expectOver([...STARTING, ...LEAVING, FIRST, HISTORY], [...LEAVING, HISTORY]);
    for (const host of lab.hosts) {
      const { events } = await timelineOf(host);
      const since = events.filter(({ at }) => Date.parse(at) > began);
      const started = names.filter((name) => since.some(({ kind, node }) => kind === 'agent-started' && node === name));
      expect(started, host.name).toEqual(names);
      expect(since.filter(({ kind, severity }) => kind === 'concluded' && severity !== 'info')).toEqual([]);
    }
  });
});

const areDown =
  (names: readonly string[]) =>
  ({ states }: Said): boolean =>
    names.every((name) => states[name] === 'agent-down');

/** Each status that an agent logged, one after the other. */
const statusesIn = (log: string): string[] =>
  log
    .split('\n')
    .filter((line) => line.includes('the status changed'))
    .map((line) => (JSON.parse(line) as { readonly status: string }).status);

/** A line is written as well when only the number of those changes whose reports are current. */
const withoutRepeats = (statuses: readonly string[]): string[] =>
  statuses.filter((status, index) => status !== statuses[index - 1]);

const tellsOf = (events: ApiTimeline['events']): string[] =>
  events
    .filter(({ kind }) => kind === 'concluded' || kind === 'resolved')
    .map(({ reason, node, kind }) => `${reason} ${node} ${kind}`)
    .sort();

/** Who has just started does not know others yet. */
const young = (name: string): RegExp[] => [new RegExp(`^${name}: (status unknown|n\\d is suspect)$`)];

const print = (line: string): void => void process.stdout.write(`${line}\n`);
