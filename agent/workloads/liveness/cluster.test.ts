/**
 * Desks of a whole cluster that hear each other late: when all replicas of a workload are silent at once, at most a quarter of
 * them, and at least one, is dead or on its way back at any time, whatever each of them knows of the others.
 */
import { expect, it } from 'vitest';
import { aJudgedLog } from '../../../checks/lib/logs/testing.ts';
import type { JudgedLog } from '../../../checks/types.ts';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createRandom } from '../../../test/lib/random.ts';
import type { LivenessWord } from '../../model/liveness.ts';
import { createLivenessDesk } from './desk.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const LOOK_MS = 5 * SECOND;
/** What a desk says is everywhere by then; the desks wait for 20 s. */
const MOST_LATE_MS = 15 * SECOND;
const SILENT = { verdict: 'silent', words: 'it has written nothing for 31 min' } as const;

interface Outcome {
  readonly replicas: number;
  /** Dead at once at the most. */
  readonly dead: number;
  /** Dead, or restarted and not proven. */
  readonly missing: number;
  readonly restarted: number;
}

async function silence(seed: number): Promise<Outcome> {
  const random = createRandom(seed);
  const clock = createFakeClock(async () => {});
  const said = new Map<string, { readonly at: number; readonly words: readonly LivenessWord[] }[]>();
  const nodes = Array.from({ length: 1 + random.integer(12) }, (_, node) => {
    const self = `w${node}`;
    const lateMs = random.integer(MOST_LATE_MS);
    let logs: JudgedLog[] = Array.from({ length: 1 + random.integer(3) }, (__, index) =>
      aJudgedLog({
        pod: `worker-${node}-${index}`,
        podUid: `uid-${node}-${index}`,
        startedAt: clock.now() - 86_400_000,
      }),
    );
    const desk = createLivenessDesk({
      clock,
      self,
      watches: [{ name: 'worker', initialDelayMs: 0, proofMs: 10 * MINUTE }],
      logs: () => ({ kind: 'known', logs }),
      surroundings: () => ({
        visible: 12,
        known: 12,
        words: [...said].flatMap(([other, all]) => {
          const heard = all.findLast(({ at }) => clock.monotonic() - at >= lateMs);
          return other === self || heard === undefined ? [] : [{ node: other, words: heard.words }];
        }),
      }),
    });
    return {
      self,
      desk,
      count: logs.length,
      fail: () => (logs = logs.map((log) => ({ ...log, ...SILENT }))),
      /** Its kubelet restarts what is dead, sooner or later, and that is well from then on. */
      restart: (): void => {
        const dead = desk.containers().flatMap(({ pod, state }) => (state === 'dead' ? [pod] : []));
        logs = logs.map((log) =>
          dead.includes(log.pod) && random.chance(0.2)
            ? { ...log, restarts: log.restarts + 1, verdict: 'well', words: '', startedAt: clock.now() }
            : log,
        );
      },
    };
  });
  const replicas = nodes.reduce((sum, { count }) => sum + count, 0);
  let [dead, missing] = [0, 0];
  const begun = new Set<string>();
  for (let step = 0; step < (20 * MINUTE) / LOOK_MS; step += 1) {
    if (step === (3 * MINUTE) / LOOK_MS) for (const { fail } of nodes) fail();
    let now = 0;
    for (const { self, desk, restart } of nodes) {
      if (desk.look()) said.set(self, [...(said.get(self) ?? []), { at: clock.monotonic(), words: desk.words() }]);
      for (const { pod, state } of desk.containers()) if (state === 'dead') begun.add(pod);
      now += desk.containers().filter(({ state }) => state === 'dead').length;
      restart();
    }
    dead = Math.max(dead, now);
    missing = Math.max(
      missing,
      nodes.flatMap(({ desk }) => desk.words()).reduce((sum, one) => sum + one.condemned, 0),
    );
    await clock.advance(LOOK_MS);
  }
  return { replicas, dead, missing, restarted: begun.size };
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
