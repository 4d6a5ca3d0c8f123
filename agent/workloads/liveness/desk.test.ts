import { describe, expect, it } from 'vitest';
import { aJudgedLog } from '../../../checks/lib/logs/testing.ts';
import type { JudgedLog, LogsView } from '../../../checks/types.ts';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import type { LivenessMemory } from '../../model/liveness.ts';
import { type LivenessWatch, type Surroundings, createLivenessDesk } from './desk.ts';

const MINUTE = 60_000;
const PROOF_MS = 10 * MINUTE;
const SILENT = { verdict: 'silent', words: 'it has written nothing for 31 min' } as const;

function setUp(change: Partial<Surroundings> = {}, more: Partial<LivenessWatch> = {}) {
  const clock = createFakeClock();
  const saved: LivenessMemory[] = [];
  const around = { visible: 3, known: 3, seesFirst: true, words: [], ...change };
  let view: LogsView = { kind: 'unknown', why: 'the logs were not read yet' };
  const desk = createLivenessDesk({
    clock,
    self: 'w1',
    watches: [{ name: 'worker', initialDelayMs: 0, proofMs: PROOF_MS, ...more }],
    logs: () => view,
    surroundings: () => around,
    save: (memory) => void saved.push(memory),
  });
  const states = (): string[] => desk.containers().map(({ pod, state, why }) => `${pod} ${state}${why && `: ${why}`}`);
  return {
    clock,
    desk,
    saved,
    states,
    /** What is seen from now on, for so long. */
    see: async (logs: readonly Partial<JudgedLog>[], forMs = 0) => {
      view = { kind: 'known', logs: logs.map((log) => aJudgedLog({ lastWriteAt: clock.now(), ...log })) };
      for (let left = forMs; left > 0; left -= 5000) {
        desk.look();
        await clock.advance(5000);
      }
      desk.look();
      return states();
    },
    blind: () => {
      view = { kind: 'unknown', why: 'EACCES' };
      desk.look();
      return states();
    },
  };
}

const WELL = [{ pod: 'worker-0' }];
const BAD = [{ pod: 'worker-0', ...SILENT }];

describe('a container that fails', () => {
  it('is dead when the others have heard of it, and until it is well again', async () => {
    const { see } = setUp();
    expect(await see(WELL, 3 * MINUTE)).toEqual(['worker-0 alive']);
    expect(await see(BAD)).toEqual([
      'worker-0 suppressed: it has written nothing for 31 min; it has just begun to fail',
    ]);
    expect(await see(BAD, 20_000)).toEqual(['worker-0 dead: it has written nothing for 31 min']);
    expect(await see(WELL)).toEqual(['worker-0 alive']);
  });

  it('is not let off by a last word: the run after it still counts as a restart, and has to prove itself', async () => {
    const { see, desk } = setUp();
    await see(WELL, 3 * MINUTE);
    await see(BAD, MINUTE);
    // It says that it shuts down, and takes half a minute for it.
    await see([{ pod: 'worker-0', verdict: 'well', words: '' }], 30_000);
    await see([{ pod: 'worker-0', restarts: 1, startedAt: Date.UTC(2027, 0, 1) }]);
    expect(desk.words()).toEqual([{ watch: 'worker', containers: 1, failing: 0, condemned: 1 }]);
  });

  it('is let off when it has been well for a minute', async () => {
    const { see, desk } = setUp();
    await see(WELL, 3 * MINUTE);
    await see(BAD, MINUTE);
    await see(WELL, 70_000);
    expect(desk.words()).toEqual([{ watch: 'worker', containers: 1, failing: 0, condemned: 0 }]);
  });

  it('is given up when nobody restarts it, and stands in nobody’s way then', async () => {
    const { see, desk } = setUp();
    await see(WELL, 3 * MINUTE);
    const [said] = await see(BAD, 12 * MINUTE);
    expect(said).toMatch(/^worker-0 suppressed: .*called dead for ten minutes and nobody restarted it/);
    expect(desk.words()).toEqual([]);
  });

  it('is not, while it may still be starting', async () => {
    const { see, clock } = setUp({}, { initialDelayMs: 10 * MINUTE });
    await see(WELL, 3 * MINUTE);
    const [said] = await see([{ ...BAD[0], startedAt: clock.now() }], 5 * MINUTE);
    expect(said).toMatch(/^worker-0 unknown: .*it may still be starting/);
  });

  it('is not, where this agent has met nobody', async () => {
    const { see } = setUp({ visible: 1, known: 1, alone: 'this agent has not joined the others' });
    const [said] = await see(BAD, 5 * MINUTE);
    expect(said).toMatch(/^worker-0 suppressed: .*nobody knows how others of it are: this agent has not joined/);
  });

  it('is not, when this agent has just been paused', async () => {
    const { see, clock } = setUp();
    await see(WELL, 5 * MINUTE);
    await clock.advance(10 * MINUTE);
    const [said] = await see(BAD, MINUTE);
    expect(said).toMatch(/^worker-0 unknown: .*this agent has just begun to look/);
  });

  it('is not, while the agent has just begun to look', async () => {
    const { see } = setUp();
    expect(await see(BAD, MINUTE)).toEqual([
      'worker-0 unknown: it has written nothing for 31 min; this agent has just begun to look',
    ]);
    expect(await see(BAD, 2 * MINUTE)).toEqual(['worker-0 dead: it has written nothing for 31 min']);
  });

  it('is not, where this agent sees less than half of the members', async () => {
    const { see } = setUp({ visible: 2, known: 5 });
    const [said] = await see(BAD, 5 * MINUTE);
    expect(said).toMatch(/^worker-0 suppressed: .*this agent sees 2 of 5 members/);
    // Of two halves one goes on.
    expect(await setUp({ visible: 2, known: 4 }).see(BAD, 5 * MINUTE)).toEqual([expect.stringMatching(/ dead/)]);
    const other = setUp({ visible: 2, known: 4, seesFirst: false });
    expect(await other.see(BAD, 5 * MINUTE)).toEqual([expect.stringMatching(/sees 2 of 4 members/)]);
    expect(await setUp({ seesFirst: false }).see(BAD, 5 * MINUTE)).toEqual([expect.stringMatching(/ dead/)]);
  });

  it('is not, where its log cannot be read any more', async () => {
    const { see, blind } = setUp();
    await see(BAD, 5 * MINUTE);
    expect(blind()).toEqual(['worker-0 unknown: EACCES']);
  });

  it('is given up when it was restarted three times within an hour', async () => {
    const { see, desk, states } = setUp();
    await see(WELL, 3 * MINUTE);
    for (let restarts = 0; restarts < 3; restarts += 1) {
      expect(await see([{ ...BAD[0], restarts }], MINUTE)).toEqual([expect.stringMatching(/ dead/)]);
      expect(desk.words()).toEqual([{ watch: 'worker', containers: 1, failing: 0, condemned: 1 }]);
      await see([{ ...WELL[0], restarts: restarts + 1 }], MINUTE);
    }
    expect(await see([{ ...BAD[0], restarts: 3 }], MINUTE)).toEqual([
      'worker-0 suppressed: it has written nothing for 31 min; its pod was restarted 3 times within an hour, which did not help',
    ]);
    await see([{ ...BAD[0], restarts: 3 }], 60 * MINUTE);
    expect(states()).toEqual([expect.stringMatching(/ dead/)]);
  });
});

describe('when all fail at once', () => {
  const EIGHT = Array.from({ length: 8 }, (_, index) => ({ pod: `worker-${index}`, podUid: `uid-${index}` }));
  const dead = (states: readonly string[]): number => states.filter((one) => / dead/.test(one)).length;

  it('a quarter of them is restarted, and the next ones not before those have lived for a while', async () => {
    const { see, desk, clock } = setUp();
    await see(EIGHT, 3 * MINUTE);
    const failing = EIGHT.map((one) => ({ ...one, ...SILENT }));
    expect(dead(await see(failing, 5 * MINUTE))).toBe(2);
    const gone = desk.containers().flatMap(({ pod, state }) => (state === 'dead' ? [pod] : []));
    const again = (change: Partial<JudgedLog>) =>
      failing.map((one) =>
        gone.includes(one.pod) ? { ...one, verdict: 'well' as const, restarts: 1, ...change } : one,
      );
    // They run again, and may hang again.
    const startedAt = clock.now();
    expect(dead(await see(again({ startedAt }), 9 * MINUTE))).toBe(0);
    expect(desk.words()).toEqual([{ watch: 'worker', containers: 8, failing: 6, condemned: 2 }]);
    expect(dead(await see(again({ startedAt }), 2 * MINUTE))).toBe(2);
  });

  it('and nobody else while that hangs again', async () => {
    const { see, desk, clock } = setUp();
    const four = EIGHT.slice(0, 4);
    await see(four, 3 * MINUTE);
    const failing = four.map((one) => ({ ...one, ...SILENT }));
    await see(failing, MINUTE);
    const first = desk.containers().find(({ state }) => state === 'dead')?.pod;
    const run = (restarts: number, change: Partial<JudgedLog>) =>
      failing.map((one) => (one.pod === first ? { ...one, restarts, startedAt: clock.now(), ...change } : one));
    for (const restarts of [1, 2, 3]) {
      expect(dead(await see(run(restarts, { verdict: 'well', words: '' }), MINUTE))).toBe(0);
      const states = await see(run(restarts, {}), 5 * MINUTE);
      expect(states.filter((one) => / dead/.test(one))).toEqual(
        restarts < 3 ? [expect.stringMatching(new RegExp(`^${first} `))] : [],
      );
    }
  });

  it('nobody is restarted here while one elsewhere is', async () => {
    const { see } = setUp({
      words: [{ node: 'w2', words: [{ watch: 'worker', containers: 1, failing: 0, condemned: 1 }] }],
    });
    expect(await see(BAD, 5 * MINUTE)).toEqual([
      expect.stringMatching(/suppressed: .*so many at once share the cause/),
    ]);
  });
});

it('says what is news, and nothing of other watches', async () => {
  const { see, desk } = setUp();
  await see([...WELL, { watch: 'other', ...SILENT }]);
  expect(desk.look()).toBe(false);
  expect(desk.words()).toEqual([{ watch: 'worker', containers: 1, failing: 0, condemned: 0 }]);
  expect(desk.containers()).toHaveLength(1);
});

describe('an agent that is restarted', () => {
  /** The agent after one that left this, in a world that is as it was. */
  const after = async ({ saved }: { saved: readonly LivenessMemory[] }, watch: Partial<LivenessWatch> = {}) => {
    const next = setUp({}, watch);
    const last = saved.at(-1);
    if (last !== undefined) next.desk.recall(JSON.parse(JSON.stringify(last)) as LivenessMemory);
    return next;
  };

  it('goes on with the three restarts of the hour', async () => {
    const first = setUp();
    await first.see(WELL, 3 * MINUTE);
    for (let restarts = 0; restarts < 3; restarts += 1) {
      await first.see([{ ...BAD[0], restarts }], MINUTE);
      await first.see([{ ...WELL[0], restarts: restarts + 1 }], MINUTE);
    }
    const { see } = await after(first);
    const [said] = await see([{ ...BAD[0], restarts: 3 }], 5 * MINUTE);
    expect(said).toMatch(/^worker-0 suppressed: .*restarted 3 times within an hour/);
    expect(await see([{ ...BAD[0], restarts: 3 }], 60 * MINUTE)).toEqual([expect.stringMatching(/ dead/)]);
  });

  it('gives no new leave while what was restarted has not proven itself', async () => {
    const pods = ['worker-0', 'worker-1'].map((pod, index) => ({ pod, podUid: `uid-${index}` }));
    const first = setUp();
    await first.see(pods, 3 * MINUTE);
    const bad = pods.map((one) => ({ ...one, ...SILENT }));
    await first.see(bad, MINUTE);
    const dead = first.desk.containers().find(({ state }) => state === 'dead')?.pod;
    const again = bad.map((one) =>
      one.pod === dead ? { ...one, verdict: 'well' as const, restarts: 1, startedAt: first.clock.now() } : one,
    );
    await first.see(again, MINUTE);
    const second = await after(first);
    expect((await second.see(again, 5 * MINUTE)).filter((one) => / dead/.test(one))).toEqual([]);
    expect(second.desk.words()).toEqual([{ watch: 'worker', containers: 2, failing: 1, condemned: 1 }]);
    // What proves itself never ends that.
    expect((await second.see(again, 10 * MINUTE)).filter((one) => / dead/.test(one))).toHaveLength(1);
  });

  it('counts as restarted what was condemned before and began anew while nobody looked', async () => {
    const first = setUp();
    await first.see(WELL, 3 * MINUTE);
    await first.see(BAD, MINUTE);
    expect(first.states()).toEqual([expect.stringMatching(/ dead/)]);
    const second = await after(first);
    await second.see([{ ...WELL[0], restarts: 1, startedAt: second.clock.now() }]);
    expect(second.desk.words()).toEqual([{ watch: 'worker', containers: 1, failing: 0, condemned: 1 }]);
    expect(Object.values(second.saved.at(-1)?.restarts ?? {})).toEqual([[expect.any(Number)]]);
    await second.see([{ ...WELL[0], restarts: 1 }], MINUTE);
    expect(Object.values(second.saved.at(-1)?.restarts ?? {})).toEqual([[expect.any(Number)]]);
  });

  it('asks anew for what was condemned and still hangs', async () => {
    const first = setUp();
    await first.see(WELL, 3 * MINUTE);
    await first.see(BAD, MINUTE);
    const second = await after(first);
    // Its place is kept at once, before anything was looked at, and until it may ask.
    expect(second.desk.words()).toEqual([{ watch: 'worker', containers: 0, failing: 0, condemned: 1 }]);
    expect(await second.see(BAD, MINUTE)).toEqual([expect.stringMatching(/^worker-0 unknown: .*just begun to look/)]);
    expect(second.desk.words()).toEqual([{ watch: 'worker', containers: 1, failing: 0, condemned: 1 }]);
    expect(await second.see(BAD, 2 * MINUTE)).toEqual([expect.stringMatching(/ dead/)]);
  });

  it('writes only what is new', async () => {
    const { see, saved } = setUp();
    await see(WELL, 10 * MINUTE);
    await see(BAD, 5 * MINUTE);
    expect(saved.map(({ condemned }) => condemned.length)).toEqual([0, 1]);
  });

  it('is not misled by a clock that was set', async () => {
    const { desk, see } = setUp();
    desk.recall({
      restarts: { 'uid-1': [Date.UTC(2031, 0, 1), Date.UTC(2031, 0, 1), Date.UTC(2031, 0, 1)] },
      proving: { 'worker/uid-1/main': Date.UTC(2099, 0, 1) },
      condemned: [],
    });
    const [said] = await see(BAD, 5 * MINUTE);
    expect(said).toMatch(/restarted 3 times within an hour/);
    expect(await see(BAD, 60 * MINUTE)).toEqual([expect.stringMatching(/ dead/)]);
  });
});

it('says why what fails is held, where people may want to know', async () => {
  const held = async (around: Partial<Surroundings>): Promise<unknown> => {
    const { see, desk } = setUp(around);
    await see(BAD, 5 * MINUTE);
    return desk.containers()[0]?.held;
  };
  expect(await held({})).toBeUndefined();
  expect(await held({ visible: 2, known: 5 })).toBe('minority');
  expect(await held({ alone: 'this agent has not joined the others' })).toBe('alone');
  expect(
    await held({ words: [{ node: 'w2', words: [{ watch: 'worker', containers: 1, failing: 0, condemned: 1 }] }] }),
  ).toBe('shared-cause');
  const { see, desk } = setUp();
  await see(BAD, 13 * MINUTE);
  expect(desk.containers()[0]?.held).toBe('in-vain');
  // It is no replica of which a share may go.
  expect(desk.words()).toEqual([]);
  await see([{ ...BAD[0], restarts: 1 }]);
  expect(desk.containers()[0]).not.toHaveProperty('held');
});

it('leaves alone what has ended and is kept, and does not count it', async () => {
  const { see, desk } = setUp();
  await see(WELL, 3 * MINUTE);
  expect(
    await see([...BAD, { pod: 'worker-1', podUid: 'uid-2', verdict: 'ended', words: 'it has ended' }], MINUTE),
  ).toEqual(['worker-0 dead: it has written nothing for 31 min']);
  expect(desk.words()).toEqual([{ watch: 'worker', containers: 1, failing: 0, condemned: 1 }]);
});
