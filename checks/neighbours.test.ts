import { describe, expect, it } from 'vitest';
import { type FakeFile, fakeHostFiles, testClock, testContext } from './lib/testing.ts';
import { neighbours, parseNeighbourStatistics } from './neighbours.ts';

const ARP = '/proc/net/stat/arp_cache';
const NDISC = '/proc/net/stat/ndisc_cache';

/** As Linux 6.18 writes it on a machine with two processors, reduced to columns around those that count. */
function statistics(entries: number, ...tableFulls: readonly number[]): string {
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
  const rows = tableFulls.map((fulls) => [entries, 0x9f5, 0x59de, 0, fulls].map(hex).join(' '));
  return ['entries  allocs   lookups  unresolved_discards table_fulls', ...rows, ''].join('\n');
}

/** The record may be changed between runs. */
function setUp(files: Record<string, FakeFile>, config: { overflowsPerMinute?: number } = {}) {
  const clock = testClock();
  const context = testContext(neighbours, { host: fakeHostFiles(files), clock, config });
  return {
    look: (afterMs = 0) => {
      clock.advance(afterMs);
      return neighbours.run(context);
    },
  };
}

describe('parseNeighbourStatistics', () => {
  it('adds up what each CPU counted, and takes the entries once', () => {
    expect(parseNeighbourStatistics(statistics(1024, 3, 0x1_0000_0001))).toEqual({
      entries: 1024,
      overflows: 2 ** 32 + 4,
    });
  });

  it.each(['', 'entries table_fulls', 'entries allocs\n1 2', 'entries table_fulls\n1 x', 'a\nb'])(
    'refuses %j',
    (text) => {
      expect(parseNeighbourStatistics(text)).toBeUndefined();
    },
  );
});

it('is fine with a table that is full and has room again for whoever comes, and says how much is in it', async () => {
  const files = { [ARP]: statistics(1024, 500, 7), [NDISC]: statistics(74, 0, 0) };
  const { look } = setUp(files);
  await look();
  expect(await look(30_000)).toEqual({
    status: 'ok',
    readings: [
      { name: 'entries_count', subject: 'IPv4', value: 1024 },
      { name: 'overflows_per_minute_count', subject: 'IPv4', value: 0 },
      { name: 'entries_count', subject: 'IPv6', value: 74 },
      { name: 'overflows_per_minute_count', subject: 'IPv6', value: 0 },
    ],
  });
});

it('is NeighbourTableFull when addresses find no room, for a minute', async () => {
  const files = { [ARP]: statistics(10, 0, 0), [NDISC]: statistics(1024, 0, 0) };
  const { look } = setUp(files);
  await look();
  files[NDISC] = statistics(1024, 5, 25);
  const expected = {
    status: 'problem',
    problems: [
      {
        reason: 'NeighbourTableFull',
        subject: 'IPv6',
        message: '30 addresses of IPv6 found no room within a minute in the table of neighbours, which has 1,024.',
      },
    ],
  };
  expect(await look(30_000)).toMatchObject(expected);
  expect(await look(500)).toMatchObject(expected);
  expect(await look(60_000)).toMatchObject({ status: 'ok' });
});

it.each([
  ['a few', 10, 30_000],
  ['more over a longer time', 20, 120_000],
  ['a CPU that went away', -400, 30_000],
])('stays calm: %s', async (_, grownBy, afterMs) => {
  const files = { [ARP]: statistics(1024, 500, 400) };
  const { look } = setUp(files);
  await look();
  files[ARP] = statistics(1024, 500, 400 + grownBy);
  expect(await look(afterMs)).toMatchObject({ status: 'ok' });
});

it('bears as much as the settings say', async () => {
  const files = { [ARP]: statistics(1024, 0) };
  const { look } = setUp(files, { overflowsPerMinute: 0 });
  await look();
  files[ARP] = statistics(1024, 1);
  expect(await look(30_000)).toMatchObject({ problems: [{ subject: 'IPv4' }] });
});

it.each<[Record<string, FakeFile>, object]>([
  [
    {},
    {
      status: 'absent',
      why: `there is no ${ARP}: the kernel counts neighbours in the machine’s own network namespace`,
    },
  ],
  [{ [ARP]: { error: 'EACCES' } }, { status: 'unknown', why: `the agent may not read ${ARP} (EACCES)` }],
  [{ [ARP]: statistics(1, 0), [NDISC]: { error: 'EIO' } }, { status: 'unknown' }],
  [{ [ARP]: 'entries allocs\n1 2\n' }, { status: 'unknown', why: `${ARP} has an unexpected form` }],
  [{ [ARP]: statistics(1, 0) }, { status: 'ok', readings: [{ name: 'entries_count', subject: 'IPv4', value: 1 }] }],
])('says what it cannot see: %#', async (files, expected) => {
  expect(await setUp(files).look()).toMatchObject(expected);
});
