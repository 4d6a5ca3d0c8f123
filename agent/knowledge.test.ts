import { expect, it } from 'vitest';
import { createFakeClock } from '../test/lib/fake-clock.ts';
import { NOON, aDiagnosis, aFinding, aProblem, aResult, aState } from '../test/lib/fixtures.ts';
import { createKnowledge, gist } from './knowledge.ts';
import type { ClusterState } from './model/cluster-state.ts';

const CATALOGUE = { title: (check: string) => check, reason: () => undefined, isProgram: () => false };
const FINE = aState([aResult()]);
const BROKEN = aState([aResult({ check: 'kubelet', status: 'problem', problems: [aProblem()] })]);

function setUp() {
  const clock = createFakeClock();
  let state: ClusterState = FINE;
  let told = 0;
  const knowledge = createKnowledge(() => state, CATALOGUE, clock);
  knowledge.onChange(() => {
    told += 1;
  });
  return {
    clock,
    knowledge,
    told: () => told,
    set: (next: ClusterState) => {
      state = next;
    },
  };
}

it('makes one diagnosis of many changes, a tenth of a second later', async () => {
  const { clock, knowledge, told, set } = setUp();
  set(BROKEN);
  for (let change = 0; change < 20; change += 1) knowledge.touch();
  expect(knowledge.diagnosis().status).toBe('healthy');
  await clock.advance(100);
  expect(knowledge.diagnosis().status).toBe('degraded');
  expect(told()).toBe(1);
});

it('tells new figures with the next review, and diagnoses nothing for them', async () => {
  const clock = createFakeClock();
  let [reads, told] = [0, 0];
  const read = (): ClusterState => {
    reads += 1;
    return FINE;
  };
  const knowledge = createKnowledge(read, CATALOGUE, clock);
  knowledge.onChange(() => {
    told += 1;
  });
  await clock.advance(2000);
  expect([reads, told]).toEqual([3, 0]);
  for (let run = 0; run < 20; run += 1) knowledge.touchFigures();
  await clock.advance(900);
  expect([reads, told]).toEqual([3, 0]);
  await clock.advance(1100);
  expect([reads, told]).toEqual([5, 1]);
});

it('rests fifty times as long as a diagnosis takes, a second at most', async () => {
  const clock = createFakeClock();
  let slowMs = 0;
  let extraMs = 0;
  let reads = 0;
  const read = (): ClusterState => {
    reads += 1;
    extraMs += slowMs;
    return FINE;
  };
  const slowed = { ...clock, monotonic: () => clock.monotonic() + extraMs };
  const knowledge = createKnowledge(read, CATALOGUE, slowed);
  const readsIn = async (ms: number): Promise<number> => {
    const before = reads;
    for (let at = 0; at < ms; at += 20) {
      knowledge.touch();
      await clock.advance(20);
    }
    return reads - before;
  };
  slowMs = 8;
  expect(await readsIn(200)).toBeGreaterThan(0);
  // Each 400 ms after the last, and the review of every second.
  const slow = await readsIn(4000);
  expect(slow).toBeGreaterThanOrEqual(10);
  expect(slow).toBeLessThanOrEqual(16);
  slowMs = 0;
  await readsIn(1000);
  expect(await readsIn(4000)).toBeGreaterThan(25);
});

it('notices within a second what changes by itself, and tells it once', async () => {
  const { clock, knowledge, told, set } = setUp();
  await clock.advance(5000);
  expect(told()).toBe(0);
  set(BROKEN);
  await clock.advance(1000);
  expect(knowledge.diagnosis().status).toBe('degraded');
  await clock.advance(5000);
  expect(told()).toBe(1);
});

it('looks again for whoever asks after a pause, and still tells the change', () => {
  let now = 0;
  let tick = (): void => {};
  let state = FINE;
  let told = 0;
  const clock = {
    ...createFakeClock(),
    monotonic: () => now,
    every: (_periodMs: number, action: () => void) => {
      tick = action;
      return () => {};
    },
  };
  const knowledge = createKnowledge(() => state, CATALOGUE, clock);
  knowledge.onChange(() => {
    told += 1;
  });
  state = BROKEN;
  now = 60_000;
  expect(knowledge.diagnosis().status).toBe('degraded');
  expect(told).toBe(0);
  tick();
  expect(told).toBe(1);
});

it('tells nobody once it was stopped', async () => {
  const { clock, knowledge, told, set } = setUp();
  knowledge.touch();
  knowledge.stop();
  set(BROKEN);
  await clock.advance(5000);
  expect(told()).toBe(0);
  expect(clock.pendingTimers()).toBe(0);
});

it('does not call new figures or another time of asking news', () => {
  const finding = aFinding();
  const before = aDiagnosis({ status: 'degraded', findings: [finding] });
  const { view } = before;

  expect(gist({ ...before, at: NOON, findings: [{ ...finding, sentence: 'other', since: NOON }] })).toBe(gist(before));
  expect(gist({ ...before, status: 'critical' })).not.toBe(gist(before));
  expect(gist({ ...before, view: { ...view, settled: false } })).not.toBe(gist(before));
  expect(gist({ ...before, findings: [{ ...finding, severity: 'info' }] })).not.toBe(gist(before));
  expect(gist({ ...before, findings: [{ ...finding, causedBy: 'x' }] })).not.toBe(gist(before));
});
