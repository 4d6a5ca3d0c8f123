import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { type AnyCheck, type CheckContext, type Outcome, absent, defineCheck } from '../../checks/types.ts';
import { type FakeClock, createFakeClock } from '../../test/lib/fake-clock.ts';
import { createLog } from '../base/log.ts';
import type { CheckWorld } from './context.ts';
import { type CheckRun, type Runner, type RunnerMemory, createRunner } from './runner.ts';
import { boundMs } from './schedule.ts';

const EMPTY_MEMORY: RunnerMemory = { results: [], seen: {} };

function checkThat(
  run: (context: CheckContext) => Promise<Outcome<'Bad' | 'Gone'>>,
  more: Partial<AnyCheck> = {},
): AnyCheck {
  return {
    ...defineCheck({
      id: 'subject',
      title: 'Subject',
      description: '',
      intervalMs: 10_000,
      timeoutMs: 1000,
      runsOn: 'every node',
      config: Type.Object({}),
      reasons: {
        Bad: { severity: 'critical', summary: '', remedy: '' },
        Gone: { severity: 'critical', summary: '', remedy: '' },
      },
      readings: {},
      needs: [],
      run,
    }),
    ...more,
  };
}

function setUp(
  checks: readonly AnyCheck[],
  parallelism = 8,
  clock: FakeClock = createFakeClock(),
  cpuWaitMs: () => number = () => 0,
  members: () => number = () => 1,
) {
  const runs: CheckRun[] = [];
  const seen: string[] = [];
  const entered: string[] = [];
  const world: CheckWorld = {
    clock,
    host: {
      readText: async () => '',
      list: async () => [],
      exists: async () => false,
      statfs: async () => Promise.reject(new Error('no')),
      locate: (path) => path,
    },
    fetch: () => async () => ({ kind: 'failure', failure: 'refused', message: '', durationMs: 0 }),
    node: { name: 'node-a', arch: 'amd64', cpus: 2 },
    peerCertificate: () => async () => ({ kind: 'failure', failure: 'refused', message: '' }),
    connect: () => async () => ({ kind: 'failure', failure: 'refused', message: '' }),
    runProgram: () => async () => ({ kind: 'failure', why: '', stdout: '', stderr: '', durationMs: 0 }),
    dns: () => async () => ({ kind: 'failure', failure: 'refused', message: '' }),
    runtime: { probe: async () => ({ kind: 'none', message: '' }) },
    disk: () => ({ directory: '/data', samples: [], stalledForMs: 0 }),
    pods: () => ({ kind: 'none', why: 'there is no Kubernetes API in this test' }),
    logs: () => ({ kind: 'none', why: 'no log is followed in this test' }),
    nodeObject: () => ({ kind: 'none', why: 'there is no Kubernetes API in this test' }),
    overlay: () => ({ kind: 'none', why: '' }),
    kernelLog: async () => ({ kind: 'none', why: '' }),
    edges: () => ({ kind: 'none', why: '' }),
    apiServers: () => [],
    apiAuthority: async () => undefined,
  };
  const runner: Runner = createRunner(
    {
      parallelism,
      checks: checks.map((check) => ({
        check,
        intervalMs: check.intervalMs,
        timeoutMs: check.timeoutMs,
        expected: false,
        config: {},
      })),
    },
    {
      world,
      clock,
      cpuWaitMs,
      members,
      log: createLog('silent', 'node-a'),
      enter: (check) => entered.push(check),
      onRun: (run) => runs.push(run),
      onSeen: (check) => seen.push(check),
    },
  );
  const result = (check = 'subject') => runner.results().find((one) => one.check === check);
  return { clock, runner, runs, seen, entered, result };
}

describe('runner', () => {
  it('finds a fault within its bound, wherever in the interval it comes', async () => {
    for (let faultAt = 20_000; faultAt < 30_000; faultAt += 1700) {
      let broken = false;
      const slow = checkThat(async ({ signal }) => {
        if (!broken) return { status: 'ok' };
        // The worst case: each look takes the whole deadline.
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return { status: 'problem', problems: [{ reason: 'Bad', message: 'silent' }] };
      });
      const { clock, runner, result } = setUp([slow]);
      runner.start(EMPTY_MEMORY);
      await clock.advance(faultAt);
      broken = true;
      await clock.advance(boundMs(slow));
      expect(result()?.status, `fault at ${faultAt}`).toBe('problem');
    }
  });

  it('runs once an interval although timers fire a moment early', async () => {
    const exact = createFakeClock();
    const early: FakeClock = { ...exact, after: (delayMs, action) => exact.after(Math.max(0, delayMs - 0.4), action) };
    const { clock, runner, runs } = setUp([checkThat(async () => ({ status: 'ok' }))], 8, early);
    runner.start(EMPTY_MEMORY);
    await clock.advance(60_000);
    expect(runs).toHaveLength(7);
  });

  it('confirms a first bad run half a second later and a first good one too', async () => {
    let outcome: Outcome<'Bad'> = { status: 'problem', problems: [{ reason: 'Bad', message: 'x' }] };
    const { clock, runner, runs, result } = setUp([checkThat(async () => outcome)]);
    runner.start(EMPTY_MEMORY);
    await clock.advance(0);
    expect(result()).toMatchObject({ status: 'unknown', confirming: true });
    await clock.advance(500);
    expect(result()?.status).toBe('problem');
    expect(runs).toHaveLength(2);
    outcome = { status: 'ok' };
    await clock.advance(10_600);
    expect(result()?.status).toBe('ok');
    expect(result()?.ended).toMatchObject([{ reason: 'Bad' }]);
  });

  it('tells a run that saw something else from one that saw the same with other figures', async () => {
    let outcome: Outcome<'Bad'> = { status: 'ok' };
    const { clock, runner, runs } = setUp([checkThat(async () => outcome)]);
    const newsIn = async (ms: number): Promise<boolean[]> => {
      const before = runs.length;
      await clock.advance(ms);
      return runs.slice(before).map(({ isNews }) => isNews);
    };
    runner.start(EMPTY_MEMORY);
    expect(await newsIn(1000)).toEqual([true]);
    expect(await newsIn(30_000)).toEqual([false, false, false]);
    const bad = (message: string): Outcome<'Bad'> => ({ status: 'problem', problems: [{ reason: 'Bad', message }] });
    outcome = bad('1 of 3');
    expect(await newsIn(10_500)).toEqual([true, true]);
    outcome = bad('2 of 3');
    expect(await newsIn(20_000)).toEqual([false, false]);
    outcome = { status: 'ok' };
    expect(await newsIn(10_500)).toEqual([true, true]);
  });

  it('isolates a check that throws, one that throws at once and one that returns nonsense', async () => {
    const { clock, runner, result } = setUp([
      checkThat(async () => Promise.reject(new Error('boom')), { id: 'throws' }),
      checkThat(
        () => {
          throw new Error('at once');
        },
        { id: 'throws-at-once' },
      ),
      checkThat((async () => undefined) as unknown as () => Promise<Outcome<never>>, { id: 'nonsense' }),
      checkThat(async () => ({ status: 'ok' }), { id: 'fine' }),
    ]);
    runner.start(EMPTY_MEMORY);
    await clock.advance(1000);
    expect(result('throws')).toMatchObject({ status: 'unknown', why: 'the check failed: boom' });
    expect(result('throws-at-once')).toMatchObject({ status: 'unknown', why: 'the check failed: at once' });
    expect(result('nonsense')?.status).toBe('unknown');
    expect(result('fine')?.status).toBe('ok');
  });

  it('gives up a check that never settles, runs it once only, and lets the others go on', async () => {
    let starts = 0;
    const never = checkThat(
      () => {
        starts += 1;
        return new Promise<never>(() => {});
      },
      { id: 'never' },
    );
    const { clock, runner, result, runs } = setUp(
      [never, checkThat(async () => ({ status: 'ok' }), { id: 'fine' })],
      1,
    );
    runner.start(EMPTY_MEMORY);
    await clock.advance(61_000);
    expect(starts).toBe(1);
    expect(result('never')).toMatchObject({ status: 'unknown' });
    expect(result('never')?.ageMs).toBeLessThanOrEqual(10_000);
    expect(runs.filter((run) => run.check === 'fine').length).toBeGreaterThanOrEqual(6);
  });

  it('looks more seldom at what many agents look at, and as often as before once they are few', async () => {
    let members = 64;
    const shared = { ...checkThat(async () => ({ status: 'ok' })), sharedPerSecond: 1 };
    const { clock, runner, runs, result } = setUp([shared], 8, createFakeClock(), undefined, () => members);
    runner.start(EMPTY_MEMORY);
    await clock.advance(1000);
    const first = runs.length;
    await clock.advance(256_000);
    expect(runs.length - first).toBe(4);
    expect(result()?.intervalMs).toBe(64_000);
    members = 3;
    await clock.advance(64_000);
    const before = runs.length;
    await clock.advance(60_000);
    expect(runs.length - before).toBe(6);
    expect(result()?.intervalMs).toBe(10_000);
  });

  it('looks for what is not here every 15 s, later every minute, and at its own pace as soon as it is', async () => {
    let outcome: Outcome<'Bad'> = absent('none here');
    const { clock, runner, runs, result } = setUp([checkThat(async () => outcome, { intervalMs: 3000 })]);
    runner.start(EMPTY_MEMORY);
    await clock.advance(55_000);
    expect(result()?.intervalMs).toBe(15_000);
    expect(runs.length).toBeGreaterThanOrEqual(4);
    expect(runs.length).toBeLessThanOrEqual(6);
    await clock.advance(65_000);
    expect(result()?.intervalMs).toBe(60_000);
    runs.length = 0;
    await clock.advance(600_000);
    expect(runs).toHaveLength(10);

    outcome = { status: 'ok' };
    await clock.advance(60_500);
    expect(result()).toMatchObject({ status: 'ok', intervalMs: 3000 });
    runs.length = 0;
    await clock.advance(30_000);
    expect(runs).toHaveLength(10);
  });

  it('believes no time-out while it has no processor itself, and every one once it has', async () => {
    let [sinceMs, waitedMs, isStarved] = [0, 0, true];
    const clock = createFakeClock();
    const cpuWaitMs = (): number => {
      if (isStarved) waitedMs += 0.3 * (clock.monotonic() - sinceMs);
      sinceMs = clock.monotonic();
      return waitedMs;
    };
    let first = true;
    const slow = checkThat(async ({ signal }) => {
      if (first) {
        first = false;
        return { status: 'ok' };
      }
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return { status: 'problem', problems: [{ reason: 'Bad', message: 'silent' }] };
    });
    const never = checkThat(() => new Promise<never>(() => {}), { id: 'never' });
    const { runner, result } = setUp([slow, never], 8, clock, cpuWaitMs);
    runner.start(EMPTY_MEMORY);
    await clock.advance(40_000);
    expect(result()?.problems).toEqual([]);
    expect(result('never')?.why).toBe('it has not run yet');

    isStarved = false;
    await clock.advance(40_000);
    expect(result()?.status).toBe('problem');
    expect(result('never')?.why).toBe('an earlier run has still not come back');
  });

  it('is asked once more before it is due where the agent had no processor, and no more than that', async () => {
    const clock = createFakeClock();
    let starts = 0;
    const slow = checkThat(async ({ signal }) => {
      starts += 1;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return { status: 'unknown', why: 'no answer' };
    });
    const { runner, runs } = setUp([slow], 8, clock, () => clock.monotonic());
    runner.start(EMPTY_MEMORY);
    for (let second = 0; second < 60; second += 1) {
      runner.hint('subject');
      await clock.advance(1000);
    }
    expect(runs).toEqual([]);
    // Every 10 s, its repetition, and the hints, of which one may wait at a time.
    expect(starts).toBeLessThanOrEqual(60);
    const before = starts;
    await clock.advance(60_000);
    expect(starts - before).toBeLessThanOrEqual(13);
  });

  it('runs a check again as soon as it came back, late as that is', async () => {
    let release: () => void = () => {};
    let starts = 0;
    const late = checkThat(async () => {
      starts += 1;
      if (starts === 1) await new Promise<void>((resolve) => (release = resolve));
      return { status: 'ok' };
    });
    const { clock, runner, result } = setUp([late]);
    runner.start(EMPTY_MEMORY);
    await clock.advance(15_000);
    expect(result()?.status).toBe('unknown');
    release();
    await clock.advance(1100);
    expect(result()?.status).toBe('ok');
  });

  it('never runs more checks at a time than it may', async () => {
    let active = 0;
    let most = 0;
    const busy = async (): Promise<Outcome<never>> => {
      active += 1;
      most = Math.max(most, active);
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
      active -= 1;
      return { status: 'ok' };
    };
    const checks = Array.from({ length: 12 }, (_, index) => checkThat(busy, { id: `check-${index}` }));
    const { clock, runner } = setUp(checks, 3);
    runner.start(EMPTY_MEMORY);
    await clock.advance(30_000);
    expect(most).toBe(3);
  });

  it('turns absent into a problem where the component was seen before, also by an earlier agent', async () => {
    let present = true;
    const component = checkThat(async () => (present ? { status: 'ok' } : absent('nobody listens')), {
      presence: { reason: 'Gone', traces: async () => undefined },
    });
    const first = setUp([component]);
    first.runner.start(EMPTY_MEMORY);
    await first.clock.advance(1000);
    expect(first.seen).toEqual(['subject']);
    present = false;
    await first.clock.advance(11_000);
    expect(first.result()).toMatchObject({ status: 'problem', problems: [{ reason: 'Gone' }] });

    const second = setUp([component]);
    second.runner.start({ results: [], seen: { subject: Date.UTC(2026, 0, 1) } });
    await second.clock.advance(1000);
    expect(second.result()?.problems[0]?.message).toContain('it was seen here on 2026-01-01T00:00:00Z');
  });

  it('tells a check that remembers that an agent saw its thing here, this one or an earlier one', async () => {
    const told: unknown[] = [];
    const remembering = (remembers: boolean): AnyCheck =>
      checkThat(
        async ({ seenBefore }) => {
          told.push(seenBefore);
          return { status: 'ok' };
        },
        remembers ? { remembers } : {},
      );
    const first = setUp([remembering(true)]);
    first.runner.start(EMPTY_MEMORY);
    await first.clock.advance(11_000);
    expect(told.splice(0).slice(0, 2)).toEqual([false, true]);
    expect(first.seen).toEqual(['subject']);

    const second = setUp([remembering(true)]);
    second.runner.start({ results: [], seen: { subject: 1 } });
    await second.clock.advance(1);
    expect(told.splice(0)[0]).toBe(true);

    const other = setUp([remembering(false)]);
    other.runner.start({ results: [], seen: { subject: 1 } });
    await other.clock.advance(1);
    expect(told[0]).toBeUndefined();
    expect(other.seen).toEqual([]);
  });

  it('is absent only where nothing expects it and the memory could be read', async () => {
    const component = checkThat(async () => absent('nobody listens'), {
      presence: { reason: 'Gone', traces: async () => undefined },
    });
    const known = setUp([component]);
    known.runner.start(EMPTY_MEMORY);
    await known.clock.advance(1000);
    expect(known.result()?.status).toBe('absent');

    const blind = setUp([component]);
    blind.runner.start({ results: [], seen: undefined });
    await blind.clock.advance(1000);
    expect(blind.result()?.status).toBe('unknown');
    blind.runner.recall({});
    await blind.clock.advance(11_000);
    expect(blind.result()?.status).toBe('absent');
  });

  it('takes a trace for an expectation, and a trace it cannot look for for unknown', async () => {
    const traced = setUp([
      checkThat(async () => absent('nobody listens'), {
        presence: { reason: 'Gone', traces: async () => 'static manifest /etc/kubernetes/manifests/etcd.yaml' },
      }),
    ]);
    traced.runner.start(EMPTY_MEMORY);
    await traced.clock.advance(1000);
    expect(traced.result()?.problems[0]?.message).toBe(
      'nobody listens, though it belongs here: static manifest /etc/kubernetes/manifests/etcd.yaml',
    );
    const forbidden = setUp([
      checkThat(async () => absent('nobody listens'), {
        presence: { reason: 'Gone', traces: async () => Promise.reject(new Error('EACCES')) },
      }),
    ]);
    forbidden.runner.start(EMPTY_MEMORY);
    await forbidden.clock.advance(1000);
    expect(forbidden.result()?.status).toBe('unknown');
  });

  it('runs a hinted check at once', async () => {
    let broken = false;
    const source = checkThat(
      async () => (broken ? { status: 'problem', problems: [{ reason: 'Bad', message: 'x' }] } : { status: 'ok' }),
      { id: 'source', intervalMs: 5000 },
    );
    const hinted = checkThat(async () => ({ status: 'ok' }), {
      id: 'hinted',
      intervalMs: 600_000,
      hintedBy: ['source'],
    });
    const { clock, runner, runs } = setUp([source, hinted]);
    runner.start(EMPTY_MEMORY);
    await clock.advance(1000);
    const before = runs.filter((run) => run.check === 'hinted').length;
    broken = true;
    await clock.advance(6000);
    expect(runs.filter((run) => run.check === 'hinted').length).toBe(before + 1);
  });

  it('names the check that has control', async () => {
    const { clock, runner, entered } = setUp([
      checkThat(async ({ host }) => {
        await host.exists('/x');
        return { status: 'ok' };
      }),
    ]);
    runner.start(EMPTY_MEMORY);
    await clock.advance(100);
    expect(entered).toEqual(['subject', 'subject']);
  });

  it('starts nothing after it was stopped', async () => {
    const { clock, runner, runs } = setUp([checkThat(async () => ({ status: 'ok' }))]);
    runner.start(EMPTY_MEMORY);
    await clock.advance(1000);
    runner.stop();
    await clock.advance(60_000);
    expect(runs).toHaveLength(1);
  });
});

describe('what a person says is not expected any more', () => {
  const traced = { is: undefined as string | undefined };
  const gone = (outcome: () => Outcome<'Gone'>) =>
    checkThat(async () => outcome(), { presence: { reason: 'Gone', traces: async () => traced.is } });

  it('is no problem from then on, until it is seen again', async () => {
    traced.is = undefined;
    let outcome: Outcome<'Gone'> = absent('no etcd here');
    const { clock, runner, seen, result } = setUp([gone(() => outcome)]);
    runner.start({ results: [], seen: { subject: 5 } });
    await clock.advance(2000);
    expect(result()?.status).toBe('problem');

    expect(await runner.forget('subject')).toEqual({ kind: 'forgotten' });
    await clock.advance(2000);
    expect(result()?.status).toBe('absent');
    expect(await runner.forget('subject')).toEqual({ kind: 'not-seen' });

    outcome = { status: 'ok' };
    await clock.advance(12_000);
    expect(seen).toEqual(['subject']);
    expect(await runner.forget('subject')).toEqual({ kind: 'present' });
    outcome = absent('no etcd here');
    await clock.advance(12_000);
    expect(result()?.status).toBe('problem');
  });

  it('stays expected while something else says that it belongs here, or while that cannot be told', async () => {
    traced.is = 'static manifest etcd.yaml';
    const { clock, runner, result } = setUp([gone(() => absent('no etcd here'))]);
    runner.start({ results: [], seen: { subject: 5 } });
    await clock.advance(2000);

    expect(await runner.forget('subject')).toEqual({ kind: 'expected', why: 'static manifest etcd.yaml' });
    expect(await runner.forget('other')).toEqual({ kind: 'unknown-check' });
    await clock.advance(12_000);
    expect(result()?.status).toBe('problem');

    const blind = checkThat(async () => absent('no etcd here'), {
      presence: { reason: 'Gone', traces: () => Promise.reject(new Error('EACCES')) },
    });
    const other = setUp([blind]);
    other.runner.start({ results: [], seen: { subject: 5 } });
    expect(await other.runner.forget('subject')).toEqual({ kind: 'cannot-tell', why: 'EACCES' });
    expect(await setUp([checkThat(async () => ({ status: 'ok' }))]).runner.forget('subject')).toEqual({
      kind: 'not-remembered',
    });
  });

  it('is not forgotten before it is known what earlier runs saw', async () => {
    traced.is = undefined;
    const { clock, runner } = setUp([gone(() => absent('no etcd here'))]);
    runner.start({ results: [], seen: undefined });
    await clock.advance(2000);
    expect(await runner.forget('subject')).toEqual({ kind: 'not-settled' });
    runner.recall({ subject: 5 });
    expect(await runner.forget('subject')).toEqual({ kind: 'forgotten' });
  });
});
