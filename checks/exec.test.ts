import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../test/lib/fake-clock.ts';
import { exec } from './exec.ts';
import { testContext } from './lib/testing.ts';
import type { Outcome, ProgramRequest, ProgramResult } from './types.ts';

const ended = (exitCode: number, stdout = '', stderr = ''): ProgramResult => ({
  kind: 'ended',
  exitCode,
  stdout,
  stderr,
  durationMs: 250,
});
const failure = (why: string, stdout = ''): ProgramResult => ({
  kind: 'failure',
  why,
  stdout,
  stderr: '',
  durationMs: 5,
});

function look(result: ProgramResult, asked: ProgramRequest[] = [], more = {}): Promise<Outcome> {
  const probe = {
    name: 'raid',
    description: '',
    command: ['/opt/raid', '--all', '$HOME'],
    severity: 'warning' as const,
    periodSeconds: 10,
    timeoutSeconds: 5,
    failureThreshold: 3,
    successThreshold: 1,
    initialDelaySeconds: 0,
    ...more,
  };
  const runProgram = async (request: ProgramRequest): Promise<ProgramResult> => {
    asked.push(request);
    return result;
  };
  return exec.run(testContext(exec, { isOnly: true, runProgram, config: { probes: [probe] } }));
}

const failed = (what: string) => ({
  status: 'problem',
  problems: [{ reason: 'ExecProbeFailed', subject: 'raid', message: `raid: ${what}` }],
});

describe('exec', () => {
  it('is absent without probes', async () => {
    expect(await exec.run(testContext(exec))).toEqual({
      status: 'absent',
      why: 'no probe is configured in checks.exec.probes',
    });
  });

  it('runs the program with its arguments as they are', async () => {
    const asked: ProgramRequest[] = [];
    await look(ended(0), asked);
    expect(asked).toEqual([{ command: ['/opt/raid', '--all', '$HOME'], timeoutMs: 5000 }]);
  });

  it('is ok with exit code 0, whatever is said', async () => {
    expect(await look(ended(0, 'FAILED'))).toEqual({
      status: 'ok',
      readings: [
        { name: 'duration_seconds', subject: 'raid', value: 0.25 },
        { name: 'failures_count', subject: 'raid', value: 0 },
        { name: 'not_looked_at_count', value: 0 },
      ],
    });
  });

  it.each([
    ['one line', ended(1, 'sda failed\n'), 'sda failed (exit code 1 after 0.25 s).'],
    ['the first of several', ended(1, '\n  \r\n  sda failed\r\nsdb, too\n'), 'sda failed (exit code 1 after 0.25 s).'],
    ['standard error', ended(1, '\n', 'no md0\n'), 'no md0 (exit code 1 after 0.25 s).'],
    ['nothing', ended(1), '/opt/raid said nothing, exit code 1 after 0.25 s.'],
    [
      'colours and bells',
      ended(1, '\u001b[31msda\u001b[0m\u0007 failed\u0000'),
      'sda  failed (exit code 1 after 0.25 s).',
    ],
    ['text that turns around', ended(1, 'a\u202eb\u200f'), 'a b (exit code 1 after 0.25 s).'],
    ['a long line', ended(1, 'x'.repeat(4096)), `${'x'.repeat(199)}… (exit code 1 after 0.25 s).`],
  ])('is a problem with exit code 1: %s', async (_, result, message) => {
    expect(await look(result)).toMatchObject(failed(message));
  });

  it('tells a critical one by its own reason, with the operator’s words first', async () => {
    const more = { severity: 'critical', description: 'The database loses its disk' };
    expect(await look(ended(1, 'sda failed'), [], more)).toMatchObject({
      problems: [
        {
          reason: 'CriticalExecProbeFailed',
          message: 'raid: The database loses its disk: sda failed (exit code 1 after 0.25 s).',
        },
      ],
    });
  });

  it.each([
    [ended(2, 'cannot tell'), 'cannot tell (exit code 2 after 0.25 s)'],
    [ended(127, '', 'smartctl: not found'), 'smartctl: not found (exit code 127 after 0.25 s)'],
    [ended(137), '/opt/raid said nothing, exit code 137 after 0.25 s'],
    [failure('/opt/raid did not end within 5 s', 'looking\n'), '/opt/raid did not end within 5 s; it said: looking'],
    [failure('/opt/raid was killed by SIGSEGV'), '/opt/raid was killed by SIGSEGV'],
    [failure('there is no /opt/raid'), 'there is no /opt/raid'],
  ])('is unknown with anything else: %j', async (result, why) => {
    expect(await look(result)).toMatchObject({ status: 'unknown', why: `raid: ${why}` });
  });
});

/** Sixteen programs, each of which takes so long and then says that it is well, or that it is not. */
function setUpMany(takesMs: (index: number) => number, exitCode: (index: number) => number = () => 0) {
  const clock = createFakeClock();
  const asked: number[] = [];
  let [running, most] = [0, 0];
  const runProgram = async ({ command, timeoutMs }: ProgramRequest): Promise<ProgramResult> => {
    const index = Number(command[1]);
    asked.push(index);
    running += 1;
    most = Math.max(most, running);
    const isLate = takesMs(index) > timeoutMs;
    await clock.sleep(Math.min(takesMs(index), timeoutMs));
    running -= 1;
    return isLate ? failure('it did not end within 5 s') : ended(exitCode(index));
  };
  const probes = Array.from({ length: 16 }, (_, index) => {
    const [name, each] = [`p${index}`, { description: '', severity: 'warning' as const, periodSeconds: 10 }];
    const thresholds = { timeoutSeconds: 5, failureThreshold: 3, successThreshold: 1, initialDelaySeconds: 0 };
    return { ...each, ...thresholds, name, command: ['/opt/look', `${index}`] };
  });
  const context = testContext(exec, { clock, runProgram, config: { probes } });
  /** One run every ten seconds; what each found, and how long it took. */
  const runs = async (times: number): Promise<{ readonly outcome: Outcome; readonly tookMs: number }[]> => {
    const found = [];
    for (let left = times; left > 0; left -= 1) {
      const began = clock.monotonic();
      let tookMs = 0;
      const run = exec.run(context).finally(() => (tookMs = clock.monotonic() - began));
      await clock.advance(10_000);
      found.push({ outcome: await run, tookMs });
    }
    return found;
  };
  return { runs, asked, most: () => most };
}

describe('many programs', () => {
  it('are run three at a time, all of them in one run where they are quick', async () => {
    const { runs, asked, most } = setUpMany(() => 100);
    expect(await runs(2)).toMatchObject([
      { outcome: { status: 'ok' }, tookMs: 600 },
      { outcome: { status: 'ok' }, tookMs: 600 },
    ]);
    expect(most()).toBe(3);
    expect(asked).toHaveLength(32);
  });

  it('that are slow have their whole time and their turn, one after the other', async () => {
    const { runs, asked, most } = setUpMany(() => 4900);
    const found = await runs(12);
    for (const { tookMs } of found) expect(tookMs).toBe(4900);
    expect(most()).toBe(3);
    // Until each was looked at once it is not known how they stand.
    expect(found.map(({ outcome }) => outcome.status)).toEqual([
      ...Array.from({ length: 5 }, () => 'unknown'),
      ...Array.from({ length: 7 }, () => 'ok'),
    ]);
    for (let index = 0; index < 16; index += 1)
      expect(asked.filter((one) => one === index).length, `p${index}`).toBeGreaterThanOrEqual(2);
  });

  it('do not make one that waits for them fail, nor the other way round', async () => {
    const { runs } = setUpMany(
      (index) => (index < 15 ? 4900 : 100),
      (index) => Number(index === 15),
    );
    const last = (await runs(30)).map(({ outcome }) => outcome).slice(20);
    for (const outcome of last) expect(outcome).toMatchObject({ problems: [{ subject: 'p15' }] });
  });

  it('that hang leave the others what time there is', async () => {
    const { runs } = setUpMany((index) => (index < 13 ? 60_000 : 100));
    const found = await runs(12);
    for (const { tookMs } of found) expect(tookMs).toBeLessThanOrEqual(7500);
    const { outcome } = found.at(-1) ?? {};
    expect(outcome).toMatchObject({ status: 'unknown', why: expect.stringContaining('did not end within 5 s') });
    expect(JSON.stringify(outcome)).not.toContain('not asked yet');
  });
});
