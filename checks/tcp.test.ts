/** Also what all checks of probes have in common: when each is asked, and how several are told together. */
import { describe, expect, it } from 'vitest';
import { testClock, testContext } from './lib/testing.ts';
import { tcp } from './tcp.ts';
import type { ConnectRequest, ConnectResult, FetchFailure, Outcome } from './types.ts';

const OPEN: ConnectResult = { kind: 'connected', durationMs: 4 };
const failure = (kind: FetchFailure, message: string = kind): ConnectResult => ({
  kind: 'failure',
  failure: kind,
  message,
});
const REFUSED = failure('refused');
const HELD_UP = failure('aborted', 'this process was held up');

const PROBE = {
  name: 'db',
  description: '',
  host: '127.0.0.1',
  port: 5432,
  severity: 'warning',
  periodSeconds: 10,
  timeoutSeconds: 1,
  failureThreshold: 3,
  successThreshold: 1,
  initialDelaySeconds: 0,
} as const;
type Settings = Partial<Record<keyof typeof PROBE, string | number>>;

/** Ports stand for probes: `answers` says what is found on each, and may be changed between runs. */
function setUp(probes: readonly Settings[], answers: Record<number, ConnectResult | 'hangs'>, isOnly = false) {
  const clock = testClock();
  const asked: ConnectRequest[] = [];
  const waiting: (() => void)[] = [];
  const context = testContext(tcp, {
    clock,
    ...(isOnly && { isOnly }),
    config: { probes: probes.map((probe) => ({ ...PROBE, ...probe }) as typeof PROBE) },
    connect: async (request) => {
      asked.push(request);
      const answer = answers[request.port] ?? REFUSED;
      if (answer !== 'hangs') return answer;
      await new Promise<void>((resolve) => waiting.push(resolve));
      return failure('timeout', 'no connection within 1000 ms');
    },
  });
  const run = (): Promise<Outcome> => tcp.run(context);
  return {
    clock,
    asked,
    run,
    endWaiting: () => waiting.splice(0).forEach((end) => end()),
    /** So many runs, ten seconds apart; the last outcome. */
    runs: async (times: number): Promise<Outcome> => {
      for (let left = times; left > 1; left -= 1) {
        await run();
        clock.advance(10_000);
      }
      return await run();
    },
  };
}

const ports = (asked: readonly ConnectRequest[]): number[] => asked.map(({ port }) => port);

describe('tcp', () => {
  it('is absent without probes, and asks nobody', async () => {
    const { run, asked } = setUp([], {});
    expect(await run()).toEqual({ status: 'absent', why: 'no probe is configured in checks.tcp.probes' });
    expect(asked).toEqual([]);
  });

  it('is ok where somebody takes the connection', async () => {
    const { run, asked } = setUp([{}], { 5432: OPEN });
    expect(await run()).toEqual({
      status: 'ok',
      readings: [
        { name: 'duration_seconds', subject: 'db', value: 0.004 },
        { name: 'failures_count', subject: 'db', value: 0 },
        { name: 'not_looked_at_count', value: 0 },
      ],
    });
    expect(asked).toEqual([{ host: '127.0.0.1', port: 5432, timeoutMs: 1000 }]);
  });

  it.each([
    [REFUSED, 'db: nobody listens on 127.0.0.1:5432.'],
    [
      failure('timeout', 'no connection to 127.0.0.1:5432 within 1000 ms'),
      'db: no connection to 127.0.0.1:5432 within 1000 ms.',
    ],
    [failure('unreachable', 'shop: DNS knows no such name'), 'db: shop: DNS knows no such name.'],
  ])('is TcpProbeFailed after three failures in a row: %j', async (answer, message) => {
    const answers: Record<number, ConnectResult> = { 5432: OPEN };
    const { run, runs, clock } = setUp([{}], answers);
    await run();
    answers[5432] = answer;
    clock.advance(10_000);
    expect(await runs(2)).toMatchObject({ status: 'ok', readings: [{ value: 2 }, {}] });
    clock.advance(10_000);
    expect(await run()).toMatchObject({
      status: 'problem',
      problems: [{ reason: 'TcpProbeFailed', subject: 'db', message }],
    });
  });

  it('tells the operator’s words first, and a critical one by its own reason', async () => {
    const probe = { severity: 'critical', description: 'Nobody can pay.' };
    expect(await setUp([probe], {}).runs(3)).toMatchObject({
      problems: [
        { reason: 'CriticalTcpProbeFailed', message: 'db: Nobody can pay: nobody listens on 127.0.0.1:5432.' },
      ],
    });
  });

  it('tells the last failure for as long as it is not well, whatever it says meanwhile', async () => {
    const answers: Record<number, ConnectResult> = { 5432: REFUSED };
    const { runs, clock } = setUp([{ successThreshold: 2 }], answers);
    await runs(3);
    for (const answer of [OPEN, HELD_UP]) {
      answers[5432] = answer;
      clock.advance(10_000);
      expect(await runs(1)).toMatchObject({ problems: [{ message: 'db: nobody listens on 127.0.0.1:5432.' }] });
    }
  });

  it('asks at an address of IPv6', async () => {
    expect(await setUp([{ host: '::1' }], {}).runs(3)).toMatchObject({
      problems: [{ message: 'db: nobody listens on [::1]:5432.' }],
    });
  });

  it('is unknown where it begins with failures, and says how many are missing', async () => {
    const { run, clock } = setUp([{}], {});
    expect(await run()).toMatchObject({
      status: 'unknown',
      why: 'db: nobody listens on 127.0.0.1:5432; failed 1 of the 3 times in a row that count',
    });
    clock.advance(10_000);
    expect(await run()).toMatchObject({ status: 'unknown', why: expect.stringContaining('failed 2 of the 3') });
  });

  it('is unknown while what was never well may still be starting', async () => {
    const { runs, clock } = setUp([{ initialDelaySeconds: 60 }], {});
    expect(await runs(6)).toMatchObject({
      status: 'unknown',
      why: 'db: nobody listens on 127.0.0.1:5432; it may still be starting',
    });
    clock.advance(10_000);
    expect(await runs(3)).toMatchObject({ status: 'problem' });
  });

  it('is a problem in time where it was well before, however long it may take to start', async () => {
    const answers: Record<number, ConnectResult> = { 5432: OPEN };
    const { run, runs, clock } = setUp([{ initialDelaySeconds: 3600 }], answers);
    await run();
    answers[5432] = REFUSED;
    clock.advance(10_000);
    expect(await runs(3)).toMatchObject({ status: 'problem' });
  });

  it('is never green on old answers: an agent without time to look is unknown after three times', async () => {
    const answers: Record<number, ConnectResult> = { 5432: OPEN };
    const { run, runs, clock } = setUp([{}], answers);
    await run();
    answers[5432] = HELD_UP;
    clock.advance(10_000);
    expect(await runs(2)).toMatchObject({ status: 'ok' });
    clock.advance(10_000);
    expect(await run()).toMatchObject({ status: 'unknown', why: 'db: this process was held up' });
  });

  it('takes one look for an answer where there is no other', async () => {
    expect(await setUp([{ initialDelaySeconds: 60 }], {}, true).run()).toMatchObject({ status: 'problem' });
    expect(await setUp([{ successThreshold: 5 }], { 5432: OPEN }, true).run()).toMatchObject({ status: 'ok' });
  });
});

describe('several probes', () => {
  const THREE = [
    { name: 'a', port: 1 },
    { name: 'b', port: 2 },
    { name: 'c', port: 3 },
  ];

  it('are asked at the same time: one that hangs holds up no other', async () => {
    const { run, asked, endWaiting } = setUp(THREE, { 1: 'hangs', 2: OPEN, 3: OPEN });
    const running = run();
    expect(ports(asked)).toEqual([1, 2, 3]);
    endWaiting();
    expect(await running).toMatchObject({ status: 'unknown' });
  });

  it('are told each for itself, the critical ones first', async () => {
    const probes = [
      { name: 'a', port: 1 },
      { name: 'b', port: 2, severity: 'critical' },
      { name: 'c', port: 3 },
    ];
    const outcome = await setUp(probes, { 3: OPEN }).runs(3);
    expect(outcome).toMatchObject({
      problems: [
        { reason: 'CriticalTcpProbeFailed', subject: 'b' },
        { reason: 'TcpProbeFailed', subject: 'a' },
      ],
    });
  });

  it('that cannot be told are counted beside a problem, and named without one', async () => {
    const answers: Record<number, ConnectResult> = { 1: REFUSED, 2: HELD_UP, 3: OPEN };
    const { runs, clock } = setUp(THREE, answers);
    expect(await runs(3)).toMatchObject({
      status: 'problem',
      problems: [{ subject: 'a' }],
      readings: expect.arrayContaining([{ name: 'not_looked_at_count', value: 1 }]),
    });
    answers[1] = OPEN;
    clock.advance(10_000);
    expect(await runs(1)).toMatchObject({ status: 'unknown', why: 'b: this process was held up' });
  });

  it('that failed and cannot be told any more are not taken for well because another fails', async () => {
    const answers: Record<number, ConnectResult> = { 1: REFUSED, 2: REFUSED, 3: OPEN };
    const { runs, clock } = setUp(THREE, answers);
    await runs(3);
    answers[2] = HELD_UP;
    clock.advance(10_000);
    expect(await runs(3)).toMatchObject({
      problems: [
        { subject: 'a', message: 'a: nobody listens on 127.0.0.1:1.' },
        { subject: 'b', message: 'b: it failed, and cannot be told any more: this process was held up.' },
      ],
    });
    answers[1] = OPEN;
    clock.advance(10_000);
    expect(await runs(1)).toMatchObject({ status: 'unknown', why: 'b: this process was held up' });
  });

  it('of which many are unknown are named as far as a person reads', async () => {
    const many = Array.from({ length: 6 }, (_, index) => ({ name: `p${index}`, port: index + 1 }));
    const answers = Object.fromEntries(many.map(({ port }) => [port, HELD_UP]));
    const why = 'p0: this process was held up; p1: this process was held up; p2: this process was held up; 3 more';
    expect(await setUp(many, answers).run()).toMatchObject({ status: 'unknown', why });
  });
});

describe('when a probe is asked', () => {
  it('is once in its period, and again at once where a change has to be confirmed', async () => {
    const answers: Record<number, ConnectResult> = { 1: OPEN, 2: OPEN };
    const { run, clock, asked } = setUp(
      [
        { name: 'a', port: 1 },
        { name: 'b', port: 2, periodSeconds: 30 },
      ],
      answers,
    );
    const seen: string[] = [];
    const at = async (second: number): Promise<void> => {
      clock.advance(second * 1000 - (clock.monotonic() - 5000));
      const before = asked.length;
      await run();
      seen.push(`${second}: ${ports(asked.slice(before)).join(' ')}`);
    };
    for (const second of [0, 10, 20, 30]) await at(second);
    answers[1] = REFUSED;
    // 60.5 is the confirming run.
    for (const second of [40, 50, 60, 60.5, 70]) await at(second);
    expect(seen).toEqual(['0: 1 2', '10: 1', '20: 1', '30: 1 2', '40: 1', '50: 1', '60: 1 2', '60.5: 1', '70: 1']);
  });

  it('bears timers that are early or late', async () => {
    const { run, clock, asked } = setUp([{}], { 5432: OPEN });
    for (const ms of [0, 9999, 10_400, 9601, 12_000, 8000]) {
      clock.advance(ms);
      await run();
    }
    expect(asked).toHaveLength(6);
  });
});
