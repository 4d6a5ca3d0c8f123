import { describe, expect, it } from 'vitest';
import { conntrack, parseConntrackStatistics } from './conntrack.ts';
import { type FakeFile, fakeHostFiles, testClock, testContext } from './lib/testing.ts';

const COUNT = '/proc/sys/net/netfilter/nf_conntrack_count';
const MAX = '/proc/sys/net/netfilter/nf_conntrack_max';
const STATISTICS = '/proc/net/stat/nf_conntrack';

/** As Linux 6 writes it, reduced to columns around those that count. */
function statistics(drop: number, earlyDrop: number, insertFailed: number): string {
  const row = (values: number[]): string => values.map((value) => value.toString(16).padStart(8, '0')).join(' ');
  return [
    'entries  clashres found insert insert_failed drop early_drop icmp_error search_restart',
    row([3, 0, 1, 0, insertFailed, drop, earlyDrop, 0, 0]),
    row([3, 0, 1, 0, 0, 0, 0, 0, 0]),
    '',
  ].join('\n');
}

/** Two runs, `seconds` apart, with the counters as they are at each. */
async function runTwice(first: string, second: string, seconds = 15) {
  const files: Record<string, FakeFile> = { [COUNT]: '10\n', [MAX]: '1000\n', [STATISTICS]: first };
  const clock = testClock();
  const context = testContext(conntrack, { host: fakeHostFiles(files), clock });
  expect(await conntrack.run(context)).toMatchObject({ status: 'ok' });
  clock.advance(seconds * 1000);
  files[STATISTICS] = second;
  return await conntrack.run(context);
}

const run = async (files: Record<string, FakeFile>) =>
  await conntrack.run(testContext(conntrack, { host: fakeHostFiles(files) }));

describe('parseConntrackStatistics', () => {
  it('adds up the CPUs, by the names of the columns', () => {
    const old = 'entries searched drop early_drop insert_failed\r\n0a 0 000000ff 2 3\r\n0a 0 1 ffffffff 3\r\n';
    expect(parseConntrackStatistics(old)).toEqual({ drop: 256, earlyDrop: 2 ** 32 + 1, insertFailed: 6 });
  });

  it.each([
    '',
    'entries drop early_drop insert_failed',
    'entries drop\n1 2',
    'drop early_drop insert_failed\n1 2',
    'a\nb',
  ])('refuses %j', (text) => {
    expect(parseConntrackStatistics(text)).toBeUndefined();
  });
});

it('is fine with room left, and says how much is used', async () => {
  expect(await runTwice(statistics(5, 5, 5), statistics(5, 5, 6))).toEqual({
    status: 'ok',
    readings: [
      { name: 'entries_count', value: 10 },
      { name: 'used_ratio', value: 0.01 },
      { name: 'dropped_per_minute_count', value: 0 },
      { name: 'insert_failed_per_minute_count', value: 1 },
    ],
  });
});

it.each([
  ['850', 'ConntrackNearlyFull', '850 connections are tracked, 85 % of nf_conntrack_max = 1,000.'],
  ['1000', 'ConntrackFull', '1,000 connections are tracked, 100 % of nf_conntrack_max = 1,000.'],
])('reports a table with %s entries', async (entries, reason, message) => {
  const outcome = await run({ [COUNT]: entries, [MAX]: '1000\n' });
  expect(outcome).toMatchObject({ status: 'problem', problems: [{ reason, message }] });
});

it('reports what is dropped for want of room, also when the table has room again', async () => {
  const expected = {
    status: 'problem',
    problems: [
      {
        reason: 'ConntrackDropping',
        message: 'The kernel dropped 30 packets or half-open connections within a minute for want of room.',
      },
    ],
  };
  expect(await runTwice(statistics(0, 0, 0), statistics(30, 0, 0))).toMatchObject(expected);
  expect(await runTwice(statistics(0, 0xff_ff_ff_ff, 0), statistics(0, 29, 0))).toMatchObject(expected);
});

it.each([
  ['a few drops', statistics(10, 0, 0), 15],
  ['packets that came second with the same entry', statistics(500, 0, 500), 15],
  ['drops over a longer time', statistics(20, 0, 0), 120],
])('stays calm: %s', async (_, second, seconds) => {
  expect(await runTwice(statistics(0, 0, 0), second, seconds)).toMatchObject({ status: 'ok' });
});

it('takes a limit of 0 for none', async () => {
  expect(await run({ [COUNT]: '100000', [MAX]: '0' })).toMatchObject({ status: 'ok' });
});

it('does without the statistics', async () => {
  const outcome = await run({ [COUNT]: '10', [MAX]: '1000' });
  expect(outcome).toMatchObject({ status: 'ok', readings: [{}, {}] });
});

it.each([
  [{}, `there is no ${COUNT}: connection tracking is not loaded`],
  [{ [COUNT]: '10' }, `there is no ${MAX}`],
  [{ [COUNT]: { error: 'EACCES' } }, `the agent may not read ${COUNT} (EACCES)`],
])('is unknown without its sources: %#', async (files, why) => {
  expect(await run(files)).toMatchObject({ status: 'unknown', why });
});
