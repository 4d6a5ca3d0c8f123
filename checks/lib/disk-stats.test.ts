import { describe, expect, it } from 'vitest';
import { activityBetween, type DiskCounters, parseDiskStats } from './disk-stats.ts';

describe('parseDiskStats', () => {
  it('reads today’s lines and those of older kernels', () => {
    const table = parseDiskStats(
      [
        ' 254       0 vda 100 44191 4622906 200 30 52100 5562592 60 2 900 24776 19600 20 776288 1022 4865 148',
        '   8       1 sda1 1 2 3 4 5 6 7 8 0 10 11\r',
        '   8       2 sda2 1 2 3 4',
        'nonsense',
        '',
      ].join('\n'),
    );
    expect(Object.fromEntries(table ?? [])).toEqual({
      '254:0': { name: 'vda', operations: 130, waitedMs: 260, inFlight: 2, busyMs: 900 },
      '8:1': { name: 'sda1', operations: 6, waitedMs: 12, inFlight: 0, busyMs: 10 },
    });
  });

  it.each(['', 'a b c', '8 0 sda x 2 3 4 5 6 7 8 9 10 11'])('refuses %j', (text) => {
    expect(parseDiskStats(text)).toBeUndefined();
  });
});

describe('activityBetween', () => {
  const at = (values: Partial<DiskCounters>): DiskCounters => ({
    name: 'sda',
    operations: 0,
    waitedMs: 0,
    inFlight: 0,
    busyMs: 0,
    ...values,
  });

  it.each([
    [
      'traffic',
      at({}),
      at({ operations: 10, waitedMs: 50, busyMs: 250 }),
      { operations: 10, awaitMs: 5, busyRatio: 0.25, isStuck: false },
    ],
    ['none', at({}), at({ inFlight: 1 }), { operations: 0, busyRatio: 0, isStuck: false }],
    [
      'a device that hangs',
      at({ inFlight: 3 }),
      at({ inFlight: 4, busyMs: 1000 }),
      { operations: 0, busyRatio: 1, isStuck: true },
    ],
    [
      'counters that start over',
      at({ waitedMs: 2 ** 32 - 4, busyMs: 2 ** 32 - 100 }),
      at({ operations: 2, waitedMs: 6 }),
      { operations: 2, awaitMs: 5, busyRatio: 0.1, isStuck: false },
    ],
    ['a device that was replaced', at({ operations: 5 }), at({ operations: 4 }), undefined],
    ['another device at its place', at({}), at({ name: 'sdb', operations: 4 }), undefined],
  ])('%s', (_, from, to, expected) => {
    expect(activityBetween(from, to, 1000)).toEqual(expected);
  });
});
