/**
 * Desks of a whole cluster that hear each other late: when all replicas of a workload are silent at once, at most a quarter of
 * them, and at least one, is dead or on its way back at any time, whatever each of them knows of the others.
 */
import { expect, it } from 'vitest';
import { aJudgedLog } from '../../../checks/lib/logs/testing.ts';
import type { JudgedLog } from '../../../checks/types.ts';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createRandom } from '../../../test/lib/random.ts';
import type { LivenessMemory, LivenessWord } from '../../model/liveness.ts';
import { createLivenessDesk } from './desk.ts';
import { type HeardReport, wordsHeard } from './heard.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const LOOK_MS = 5 * SECOND;
/** What a desk says is everywhere by then; the desks wait for 20 s. */
const MOST_LATE_MS = 15 * SECOND;
const PROOF_MS = 10 * MINUTE;
/** Who does not answer for so long is away. */
const AWAY_MS = 10 * SECOND;
const SILENT = { verdict: 'silent', words: 'it has written nothing for 31 min' } as const;

interface Outcome {
  readonly replicas: number;
  /** Dead at once at the most. */
  readonly dead: number;
  /** Dead, or restarted and not proven. */
  readonly missing: number;
  readonly restarted: number;
  /** Being stopped, or started again and not as old as what is proven: whatever the desks say of it. */
  readonly gone: number;
}

/** @param isRollout agents are restarted one after another, again and again, from when all are silent on */
async function silence(seed: number, isRollout = false): Promise<Outcome> {
  const random = createRandom(seed);
  const clock = createFakeClock(async () => {});
  const said = new Map<string, { readonly at: number; readonly words: readonly LivenessWord[] }[]>();
  const nodes = Array.from({ length: 1 + random.integer(12) }, (_, node) => {
    const self = `w${node}`;
    const lateMs = random.integer(MOST_LATE_MS);
    let saved: string | undefined;
    let awayMs: number | undefined;
    let seenMs = 0;
    const killed = new Set<string>();
    let logs: JudgedLog[] = Array.from({ length: 1 + random.integer(3) }, (__, index) =>
      aJudgedLog({
        pod: `worker-${node}-${index}`,
        podUid: `uid-${node}-${index}`,
        startedAt: clock.now() - 86_400_000,
      }),
    );
    const createDesk = () =>
      createLivenessDesk({
        clock,
        self,
        watches: [{ name: 'worker', initialDelayMs: 0, proofMs: PROOF_MS }],
        logs: () => (clock.monotonic() < seenMs ? { kind: 'unknown', why: 'not read yet' } : { kind: 'known', logs }),
        surroundings: () => ({
          visible: 12,
          known: 12,
          seesFirst: true,
          words: wordsHeard(reportsFor(self, lateMs), () => PROOF_MS),
        }),
        save: (memory) => void (saved = JSON.stringify(memory)),
      });
    let desk = createDesk();
    const dead = (): string[] =>
      awayMs === undefined ? desk.containers().flatMap(({ pod, state }) => (state === 'dead' ? [pod] : [])) : [];
    return {
      self,
      count: logs.length,
      dead,
      words: () => desk.words(),
      look: () => awayMs === undefined && desk.look(),
      awayForMs: () => (awayMs === undefined ? 0 : clock.monotonic() - awayMs),
      fail: () => (logs = logs.map((log) => ({ ...log, ...SILENT }))),
      leave: () => void (awayMs = clock.monotonic()),
      /** It sees no log for a moment yet. */
      comeBack: (): void => {
        [awayMs, seenMs] = [undefined, clock.monotonic() + random.integer(4) * LOOK_MS];
        desk = createDesk();
        if (saved !== undefined) desk.recall(JSON.parse(saved) as LivenessMemory);
      },
      /** Its kubelet restarts what is dead, sooner or later, and what it has begun to stop; that is well from then on. */
      restart: (): void => {
        for (const pod of dead()) if (random.chance(isRollout ? 0.3 : 1)) killed.add(pod);
        logs = logs.map((log) => {
          if (!killed.has(log.pod) || !random.chance(0.2)) return log;
          killed.delete(log.pod);
          return { ...log, restarts: log.restarts + 1, verdict: 'well', words: '', startedAt: clock.now() };
        });
      },
      gone: () =>
        logs.filter(
          ({ pod, restarts, startedAt }) => killed.has(pod) || (restarts > 0 && clock.now() - startedAt < PROOF_MS),
        ).length,
    };
  });
  const reportsFor = (self: string, lateMs: number): HeardReport[] =>
    nodes.flatMap(({ self: node, awayForMs }) => {
      const heard = said.get(node)?.findLast(({ at }) => clock.monotonic() - at >= lateMs);
      const elapsedMs = awayForMs();
      if (node === self || heard === undefined) return [];
      return [{ node, words: heard.words, isStale: elapsedMs > AWAY_MS, elapsedMs }];
    });
  const say = (node: (typeof nodes)[number]): void =>
    void said.set(node.self, [...(said.get(node.self) ?? []), { at: clock.monotonic(), words: node.words() }]);
  let [turn, turnMs] = [0, 0];
  /** One agent at a time, each away for up to a minute. */
  const rollOut = (): void => {
    const node = nodes[turn % nodes.length];
    if (node === undefined || clock.monotonic() < turnMs) return;
    if (node.awayForMs() === 0) node.leave();
    else {
      node.comeBack();
      say(node);
      turn += 1;
    }
    turnMs = clock.monotonic() + (1 + random.integer(12)) * LOOK_MS;
  };
  const replicas = nodes.reduce((sum, { count }) => sum + count, 0);
  let [dead, missing, gone] = [0, 0, 0];
  const begun = new Set<string>();
  for (let step = 0; step < (20 * MINUTE) / LOOK_MS; step += 1) {
    if (step === (3 * MINUTE) / LOOK_MS) for (const { fail } of nodes) fail();
    let now = 0;
    if (isRollout && step > (3 * MINUTE) / LOOK_MS) rollOut();
    for (const node of nodes) {
      if (node.look()) say(node);
      for (const pod of node.dead()) begun.add(pod);
      now += node.dead().length;
      node.restart();
    }
    dead = Math.max(dead, now);
    const sum = (of: (node: (typeof nodes)[number]) => number): number =>
      nodes.reduce((total, node) => total + of(node), 0);
    missing = Math.max(
      missing,
      sum((node) => node.words().reduce((total, one) => total + one.condemned, 0)),
    );
    gone = Math.max(
      gone,
      sum((node) => node.gone()),
    );
    await clock.advance(LOOK_MS);
  }
  return { replicas, dead, missing, restarted: begun.size, gone };
}

it('of all replicas that are silent at once a quarter is restarted at a time, wherever they are', async () => {
  let [total, restarted] = [0, 0];
  for (let seed = 1; seed <= 60; seed += 1) {
    const outcome = await silence(seed);
    const most = Math.max(1, Math.floor(outcome.replicas / 4));
    expect(outcome.dead, `seed ${seed}, ${outcome.replicas} replicas`).toBeLessThanOrEqual(most);
    expect(outcome.missing, `seed ${seed}, ${outcome.replicas} replicas`).toBeLessThanOrEqual(most);
    expect(outcome.restarted, `seed ${seed}`).toBeGreaterThan(0);
    [total, restarted] = [total + outcome.replicas, restarted + outcome.restarted];
  }
  process.stdout.write(`${restarted} of ${total} replicas were called dead within 17 min of silence, 60 clusters\n`);
}, 60_000);

it('nor are more than that while agents are restarted one after another', async () => {
  let [total, restarted] = [0, 0];
  for (let seed = 1; seed <= 60; seed += 1) {
    const outcome = await silence(seed, true);
    const most = Math.max(1, Math.floor(outcome.replicas / 4));
    expect(outcome.dead, `seed ${seed}, ${outcome.replicas} replicas`).toBeLessThanOrEqual(most);
    expect(outcome.gone, `seed ${seed}, ${outcome.replicas} replicas`).toBeLessThanOrEqual(most);
    [total, restarted] = [total + outcome.replicas, restarted + outcome.restarted];
  }
  expect(restarted).toBeGreaterThan(60);
  process.stdout.write(`${restarted} of ${total} replicas were called dead while agents were restarted, 60 clusters\n`);
}, 60_000);
