import { describe, expect, it } from 'vitest';
import { aReport, aResult } from '../../../test/lib/fixtures.ts';
import { heartbeatMs } from './heartbeat.ts';

const WORKER = aReport([aResult({ check: 'kubelet' })]);
const MASTER = aReport([aResult({ check: 'etcd', status: 'problem' })]);

describe('heartbeat', () => {
  it.each([
    [1, 15_000],
    [25, 15_000],
    [32, 19_000],
    [100, 60_000],
    [5000, 3_000_000],
  ])('of one among %i members is %i ms', (members, ms) => {
    expect(heartbeatMs(members, WORKER)).toBe(ms);
  });

  it('makes the members together say the same, however many they are', () => {
    const perSecond = [100, 1000, 5000].map((members) => (members / heartbeatMs(members, WORKER)) * 1000);

    for (const rate of perSecond) expect(rate).toBeCloseTo(1.67, 1);
  });

  it('of a node with a control plane is never more than a minute, in whatever state', () => {
    expect([10, 5000].map((members) => heartbeatMs(members, MASTER))).toEqual([15_000, 60_000]);
  });
});
