/** Signals that may have containers restarted, through the desk as the agent has it. */
import { describe, expect, it } from 'vitest';
import { aJudgedLog, aWatch } from '../../../checks/lib/logs/testing.ts';
import type { JudgedLog, LogsView } from '../../../checks/types.ts';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import type { Board } from '../../model/board.ts';
import type { SignalRequest } from '../../model/signal.ts';
import { type Surroundings, createLivenessDesk } from '../liveness/desk.ts';
import { createSignalBook } from './book.ts';
import { signalWatchesOf, watchSettingsOf, withSignals } from './candidates.ts';
import { readRequest } from './read-request.ts';

const MINUTE = 60_000;
const NO_BOARD: Board = { tell: () => 'told', notes: () => [] };

/** One node with so many pods of prod/worker, which have run for a day; `main` has the probe. */
function setUp(
  pods: number,
  liveness: readonly string[] = ['prod/worker'],
  around: Partial<Surroundings> = {},
  containers: readonly string[] = ['main'],
) {
  const clock = createFakeClock();
  const book = createSignalBook({ self: 'w1', clock, board: NO_BOARD });
  const watches = signalWatchesOf(liveness, []);
  const [watch = ''] = watches.map((one) => one.watch);
  let logs: readonly JudgedLog[] = Array.from({ length: pods }, (_, index) => index).flatMap((index) =>
    containers.map((container) =>
      aJudgedLog({
        watch,
        pod: `worker-${index}`,
        podUid: `uid-${index}`,
        container,
        startedAt: clock.now() - 86_400_000,
      }),
    ),
  );
  const view = (): LogsView => withSignals({ kind: 'known', logs }, watches, book.signals());
  const desk = createLivenessDesk({
    clock,
    self: 'w1',
    watches: watchSettingsOf(watches).map(({ name }) => ({ name, initialDelayMs: 0, proofMs: 15 * MINUTE })),
    logs: view,
    surroundings: () => ({ visible: 3, known: 3, seesFirst: true, words: [], ...around }),
  });
  const states = (): string[] => desk.containers().map(({ pod, state }) => `${pod} ${state}`);
  return {
    clock,
    desk,
    states,
    dead: () => desk.containers().filter(({ state }) => state === 'dead'),
    hear: (request: SignalRequest) => {
      const read = readRequest(request, { ttlMs: 15 * MINUTE, mapping: [] });
      if (read.kind === 'read') book.take(read.words);
    },
    wait: async (forMs: number) => {
      for (let left = forMs; left > 0; left -= 5000) {
        desk.look();
        await clock.advance(5000);
      }
      desk.look();
    },
    /** The kubelet restarts what is dead, as probes have it. */
    restartDead: () => {
      const dead = new Set(desk.containers().flatMap(({ pod, state }) => (state === 'dead' ? [pod] : [])));
      logs = logs.map((log) =>
        dead.has(log.pod) && log.container === 'main'
          ? { ...log, restarts: log.restarts + 1, startedAt: clock.now() }
          : log,
      );
      return dead.size;
    },
  };
}

const says = (state: string): SignalRequest => ({
  source: 'grafana',
  body: {
    ruleName: 'QueueStalled',
    state,
    message: 'no line',
    tags: { namespace: 'prod', deployment: 'worker' },
    evalMatches: state === 'alerting' ? [{ metric: 'lines', value: 0, tags: null }] : [],
  },
});

describe('a workload that may be restarted for what is said of it', () => {
  it('is by the pod: a container without a probe does not have the other restarted again and again', async () => {
    const { wait, hear, dead, restartDead, desk } = setUp(4, ['prod/worker'], {}, ['main', 'side', 'setup']);
    await wait(3 * MINUTE);
    hear(says('alerting'));
    await wait(MINUTE);
    expect(dead()).toHaveLength(1);
    expect(restartDead()).toBe(1);
    await wait(10 * MINUTE);
    expect(dead()).toEqual([]);
    expect(desk.words()).toMatchObject([{ containers: 4, failing: 3, condemned: 1 }]);
  });

  it('is, one replica at a time, and not all together', async () => {
    const { wait, hear, dead, restartDead, desk } = setUp(4);
    await wait(3 * MINUTE);
    hear(says('alerting'));
    await wait(MINUTE);
    expect(dead().map(({ why }) => why)).toEqual(['Grafana says of prod/worker: QueueStalled: no line']);
    expect(restartDead()).toBe(1);
    await wait(10 * MINUTE);
    // The one that was restarted has to prove itself before the next is.
    expect(dead()).toEqual([]);
    expect(desk.words()).toMatchObject([{ containers: 4, failing: 3, condemned: 1 }]);
  });

  it('is not while two replicas of eight are on their way back, whoever says it again', async () => {
    const { wait, hear, dead, restartDead } = setUp(8);
    await wait(3 * MINUTE);
    let most = 0;
    let restarted = 0;
    for (let minute = 0; minute < 12; minute += 1) {
      hear(says('alerting'));
      await wait(MINUTE);
      most = Math.max(most, dead().length);
      restarted += restartDead();
    }
    expect([most, restarted]).toEqual([2, 2]);
  });

  it.each(['no_data', 'paused', 'pending', 'unknown'])('is not for %s, before and after it fired', async (state) => {
    const { wait, hear, states } = setUp(1);
    await wait(3 * MINUTE);
    hear(says(state));
    await wait(5 * MINUTE);
    expect(states()).toEqual(['worker-0 alive']);
    hear(says('alerting'));
    await wait(MINUTE);
    hear(says(state));
    await wait(MINUTE);
    expect(states()).toEqual(['worker-0 dead']);
  });

  it('is not when the alert is over before it may be', async () => {
    const { wait, hear, states } = setUp(1);
    await wait(3 * MINUTE);
    hear(says('alerting'));
    await wait(10_000);
    hear(says('ok'));
    await wait(5 * MINUTE);
    expect(states()).toEqual(['worker-0 alive']);
  });

  it('is not again for an alert from before it was restarted, however often that is said', async () => {
    const { wait, hear, dead, restartDead, states } = setUp(1);
    await wait(3 * MINUTE);
    hear(says('alerting'));
    await wait(MINUTE);
    expect(restartDead()).toBe(1);
    for (let minute = 0; minute < 60; minute += 10) {
      hear(says('alerting'));
      await wait(10 * MINUTE);
      expect(dead()).toEqual([]);
    }
    expect(states()).toEqual(['worker-0 alive']);
    // What begins anew after it was over is meant.
    hear(says('ok'));
    await wait(MINUTE);
    hear(says('alerting'));
    await wait(MINUTE);
    expect(dead()).toHaveLength(1);
  });

  it('is given up after three times within an hour', async () => {
    const { wait, hear, dead, restartDead, desk } = setUp(1);
    await wait(3 * MINUTE);
    let restarted = 0;
    for (let round = 0; round < 5; round += 1) {
      hear(says('alerting'));
      await wait(MINUTE);
      restarted += restartDead();
      hear(says('ok'));
      await wait(2 * MINUTE);
    }
    hear(says('alerting'));
    await wait(MINUTE);
    expect([restarted, dead().length]).toEqual([3, 0]);
    expect(desk.containers()[0]?.why).toMatch(/restarted 3 times within an hour, which did not help/);
  });

  it('is unknown when nobody says again what was said, and not dead', async () => {
    const { wait, hear, states } = setUp(2);
    await wait(3 * MINUTE);
    hear(says('alerting'));
    await wait(5000);
    await wait(16 * MINUTE);
    expect(states().filter((one) => / dead/.test(one))).toEqual([]);
    expect(states()).toContain('worker-1 unknown');
  });

  it('is not on the small side of a partition', async () => {
    const { wait, hear, states } = setUp(1, ['prod/worker'], { visible: 2, known: 5 });
    await wait(3 * MINUTE);
    hear(says('alerting'));
    await wait(5 * MINUTE);
    expect(states()).toEqual(['worker-0 suppressed']);
  });
});

it('nothing is, where nobody asked for it', async () => {
  const { wait, hear, desk } = setUp(1, []);
  await wait(3 * MINUTE);
  hear(says('alerting'));
  await wait(5 * MINUTE);
  expect(desk.containers()).toEqual([]);
});

describe('which containers are meant', () => {
  const watches = signalWatchesOf(
    ['prod/worker', 'prod/api'],
    [
      aWatch({ name: 'api-log', workload: 'api', container: 'main', liveness: true }),
      aWatch({ name: 'worker-log', workload: 'worker', liveness: false }),
    ],
  );
  const signal = {
    namespace: 'prod',
    workload: 'worker',
    container: '',
    name: 'Slow',
    message: '',
    source: 'api',
    state: 'firing',
    since: 1000,
    saidAt: 1000,
    until: 9000,
    firstBy: 'w1',
    by: 'w1',
    isCurrent: true,
  } as const;
  const [own = { watch: '' }] = watches;
  const verdictOn = (log: Partial<JudgedLog>, change: object = {}): string | undefined => {
    const view = { kind: 'known', logs: [aJudgedLog({ watch: own.watch, pod: 'worker-x2k4p', ...log })] } as const;
    const seen = withSignals(view, watches, [{ ...signal, ...change }]);
    return seen.kind === 'known' ? seen.logs[0]?.verdict : undefined;
  };

  it('has a watch of its own, or that of the log which may have them restarted', () => {
    expect(watches.map(({ watch, isOwn }) => [watch, isOwn])).toEqual([
      [expect.stringMatching(/^signals-[0-9a-f]{12}$/), true],
      ['api-log', false],
    ]);
    expect(watchSettingsOf(watches)).toMatchObject([{ namespace: 'prod', workload: 'worker', container: '' }]);
  });

  it('are all of a pod as one, which is another run when any of them begins anew', () => {
    const pod = { watch: own.watch, pod: 'worker-x2k4p', startedAt: 10 };
    const seen = (change: Partial<JudgedLog>): readonly Partial<JudgedLog>[] => {
      const main = aJudgedLog({ ...pod, ...change });
      const logs = [main, aJudgedLog({ ...pod, container: 'side', restarts: 2 })];
      const view = withSignals({ kind: 'known', logs }, watches, [{ ...signal, container: 'side' }]);
      return view.kind === 'known'
        ? view.logs.map((log) => ({ container: log.container, restarts: log.restarts, verdict: log.verdict }))
        : [];
    };
    expect(seen({})).toEqual([{ container: '', restarts: 2, verdict: 'matching' }]);
    expect(seen({ restarts: 1, startedAt: 2000 })).toEqual([{ container: '', restarts: 3, verdict: 'well' }]);
    expect(seen({ verdict: 'unknown' })).toEqual([{ container: '', restarts: 2, verdict: 'unknown' }]);
    // An init container that did its work: the same run, whether the API tells that it has ended or not.
    expect(seen({ verdict: 'ended', restarts: 7 })).toEqual([{ container: '', restarts: 9, verdict: 'matching' }]);
    expect(seen({ restarts: 7 })).toEqual([{ container: '', restarts: 9, verdict: 'matching' }]);
  });

  it.each([
    [{}, {}, 'matching'],
    [{}, { workload: 'worker-x2k4p' }, 'matching'],
    [{}, { container: 'main' }, 'matching'],
    [{}, { container: 'side' }, 'well'],
    [{}, { workload: 'worker-abcde' }, 'well'],
    [{}, { namespace: 'test' }, 'well'],
    [{ startedAt: 1001 }, {}, 'well'],
    [{}, { state: 'unknown' }, 'unknown'],
    // Its agent would not be heard taking it back.
    [{}, { isCurrent: false }, 'well'],
    [{ verdict: 'unknown' }, {}, 'unknown'],
    [{ verdict: 'silent' }, {}, 'silent'],
    [{ watch: 'api-log', pod: 'api-0' }, { workload: 'api' }, 'matching'],
    [{ watch: 'worker-log' }, {}, 'well'],
  ] as const)('%j and %j is %s', (log, change, expected) => {
    expect(verdictOn(log, change)).toBe(expected);
  });
});
